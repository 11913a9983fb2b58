"""Trains, saves, loads and explains a tiny model: what an installed wheel must be able to do."""

import numpy as np

import evicam

images = np.zeros((64, 16, 16), np.uint8)
labels = np.arange(64) % 2
images[labels == 0, :8] = 200
images[labels == 1, 8:] = 200
classifier = evicam.EvidentialClassifier(epochs=10, batch_size=16, random_state=0, verbose=False).fit(images, labels)
assert classifier.score(images, labels) == 1.0
classifier.save("model.safetensors")
again = evicam.load("model.safetensors")
assert np.array_equal(again.predict_proba(images), classifier.predict_proba(images))
explanation = evicam.explain(again, images[:2])
assert explanation.heatmap.shape == (2, 16, 16)
print("the wheel works:", evicam.__version__, evicam.show_versions()["engine"]["isa"])
