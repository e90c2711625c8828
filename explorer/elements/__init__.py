"""What a browser draws: each view's markup, style and script, and its data as plain values and files. A house, which is
a page of the app, a notebook or a file, shows them; they know none."""
