#!/bin/sh
# Keras saves a network with arithmetic in it as .h5 and cannot load it again.
#
# Expected: what model.save("net.h5") writes without a word of doubt, keras.models.load_model("net.h5") reads.
# Seen (keras 3.15.1): a functional network in which a picture is divided, x / 127.5, has an operation TrueDivide. The
#   older kind of file keeps the class of a layer and not the module that it is in, so load_model knows no TrueDivide:
#   "Unknown layer". Of Add, Subtract and Multiply it takes the layer of that name, and fails at its one input. All
#   preprocess_input of keras.applications are such operations. The weights are in the file, and the .keras file loads.
# To read: keras/src/legacy/saving/legacy_h5_format.py and serialization.py.
# In this project: `explorer/loading/keras/assembling.py` tells operations from layers by what they are called with.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 torch==2.13.0
cd "$folder"
KERAS_BACKEND=torch "$folder/venv/bin/python" - <<'PYTHON'
import keras

x = keras.Input((8, 8, 3))
for name, y in {"divided": x / 127.5, "added": x + 3.0}.items():
    model = keras.Model(x, keras.layers.GlobalAveragePooling2D()(y))
    model.save(f"{name}.keras")
    model.save(f"{name}.h5")
    assert keras.models.load_model(f"{name}.keras").count_params() == 0
    try:
        keras.models.load_model(f"{name}.h5", compile=False)
    except Exception as error:
        print(f"{name}: {type(error).__name__}: {str(error).strip().splitlines()[0][:90]}")
    else:
        raise SystemExit(f"{name}: is loaded")
print("as described")
PYTHON
