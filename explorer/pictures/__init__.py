"""From bytes to a picture: files, samples, folders of pictures."""
