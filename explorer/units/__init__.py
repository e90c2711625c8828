"""One channel of one layer, and everything that is known of it: what it is made of and who reads it, which classes it
speaks for, what it does on this picture and on many, and what somebody has noted about it."""
