"""Weights in from and out to the rest of the world."""

import warnings

from ..checks import check_flag, check_image_shape
from ..exchange.description import check_normalisation, describe
from ..exchange.onnx_model import to_onnx
from ..exchange.states import as_state, shortened
from ..exchange.weights import get_weights, set_weights
from ..files import write_file
from ..labels import as_labels


class Exchanging:
    """`load_torch_state`, `to_torch_state` and `to_onnx`."""

    def load_torch_state(self, state, strict=True, *, classes=None, image_shape=None, normalisation=None):
        """Take weights over from PyTorch: a file, or a state dict of arrays or tensors.

        Names are those of the layers in `architecture`, which for the ResNets are torchvision's, and layouts are PyTorch's.
        A classifier that is not fitted yet becomes so, without training.

        Parameters
        ----------
        state : path-like or dict of str to array-like
            What `evicam.load_torch_state` reads, or returned.
        strict : bool
            Whether `state` must hold all of the network's names and no others. Otherwise others are passed over, and
            weights that are missing stay as they are: a warning names both. A shape that differs is always an error, and so
            is a `state` none of whose names are the network's.
        classes : array-like of shape (K,), optional
            What the logits stand for, in their order. Needed by a classifier that is not fitted, and by no other; a file that
            `to_torch_state` wrote says it, as texts.
        image_shape : tuple (H, W, C), optional
            Likewise.
        normalisation : tuple (mean, deviation), optional
            Of each channel, two arrays of shape (C,) for pixels 0..1: the network then reads (x - mean) / deviation. For
            torchvision's weights ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]). By default that of a file that
            `to_torch_state` wrote, or else what the network has.

        Returns
        -------
        self

        Raises
        ------
        OSError
            If a file cannot be read.
        WeightsError
            A ValueError that lists all names that are missing, not known, or of another shape. The classifier then stays as it
            was. For another number of classes see the parameter `pretrained`, which replaces the head.
        TypeError, ValueError
            For other arguments that do not fit.

        Warns
        -----
        UserWarning
            Without `strict`, where names were missing or passed over: how many, and the first of them.

        Examples
        --------
        >>> import evicam, numpy as np
        >>> trained = evicam.SoftmaxClassifier(epochs=1, random_state=0)
        >>> trained = trained.fit(np.random.default_rng(0).uniform(size=(20, 16, 16)), np.arange(20) % 2)
        >>> weights = trained.to_torch_state()
        >>> weights["conv1.weight"].shape                             # [out, in, kernel height, kernel width]
        (20, 1, 5, 5)
        >>> classifier = evicam.EvidentialClassifier()
        >>> classifier.load_torch_state(weights, classes=["cat", "dog"], image_shape=(16, 16, 1))
        EvidentialClassifier()
        >>> classifier.predict(np.zeros((1, 16, 16))).shape
        (1,)
        """
        self._check_predicting()
        check_flag(strict, "strict")
        state, described = as_state(state)
        fitted = hasattr(self, "network_")
        if fitted and not (classes is None and image_shape is None):
            raise ValueError("classes and image_shape are for a classifier that is not fitted; this one has its own")
        if fitted:
            network, shape = self.network_, self.image_shape_
        else:
            if described is not None:
                classes = described.classes if classes is None else classes
                image_shape = described.image_shape if image_shape is None else image_shape
            classes, shape = _check_classes(classes), _check_shape(image_shape)
            network = self._new_network(shape, classes, 0)
        told = described is not None and described.image_shape[2:] == shape[2:]
        if normalisation is None and told:
            normalisation = described.normalisation
        pair = (None, None) if normalisation is None else check_normalisation(normalisation, shape[2])
        missing, unknown = set_weights(network, shape, state, strict)
        if told or normalisation is not None:
            network.set_normalisation(*pair)
        if not fitted:
            self._adopt(network, shape, classes)
            self.history_, self.interrupted_ = {}, False
        vars(self).pop("_training_state", None)
        if missing or unknown:
            notes = ((missing, "missing from state and left as they are"), (unknown, "of state passed over"))
            passed = "; ".join(f"{len(names)} {note}: {shortened(names)}" for names, note in notes if names)
            warnings.warn(f"strict is False: {passed}", stacklevel=2)
        return self

    def to_torch_state(self, path=None):
        """The weights under PyTorch's names and in its layouts.

        Parameters
        ----------
        path : path-like, optional
            Where to write them, as a safetensors file that ``safetensors.torch.load_file`` reads; the architecture, the
            classes and the normalisation are in its metadata.

        Returns
        -------
        dict of str to ndarray
            float32, and the counters of batch normalisation, int64. ``load_state_dict`` of the same network in PyTorch takes
            it as ``{name: torch.from_numpy(values) for name, values in ...}``. The normalisation of pixels is not among them.

        Raises
        ------
        OSError
            If the file cannot be written.
        WeightsError
            If PyTorch cannot have such a network: one that adds flattened maps to other features.
        """
        self._check_fitted()
        state = get_weights(self.network_, self.image_shape_)
        if path is not None:
            from safetensors.numpy import save

            metadata = {"format": "pt", **describe(self)}
            write_file(path, save(state, metadata))
        return state

    def to_onnx(self, path, head="logits", opset=17):
        """Write the network as an ONNX model, for ONNX Runtime, OpenVINO and others.

        The input ``image`` is float32 [N, C, H, W], channels first, pixels 0..1, for any N. The normalisation of pixels and
        `test_time_flip` are part of the model; dropout is left out.

        Parameters
        ----------
        path : path-like
        head : {"logits", "probability", "opinion"}
            The outputs: "logits" [N, K]; "probability" [N, K], as `predict_proba` gives it; or, of an evidential classifier,
            "evidence", "alpha" and "belief" [N, K], "uncertainty" [N] and "probability" [N, K], in this order.
        opset : int
            Version of ONNX's operators, from 15.

        Raises
        ------
        ImportError
            Without the package onnx: ``pip install "evicam[onnx]"``.
        OSError
            If the file cannot be written; one that was there stays.
        ValueError, TypeError
            For another head or opset, or a parameter that predictions cannot be made by.
        """
        self._check_fitted()
        self._check_predicting()
        write_file(path, to_onnx(self, head, opset))


def _check_classes(classes):
    if classes is None:
        raise ValueError("classes is needed, for this classifier is not fitted: what the logits stand for, in their order")
    labels = as_labels(classes, name="classes")
    if len(set(labels.tolist())) != len(labels) or len(labels) < 2:
        raise ValueError(f"classes is {labels.tolist()!r:.200}, but must be two or more that differ")
    return labels


def _check_shape(shape):
    if shape is None:
        raise ValueError("image_shape is needed, for this classifier is not fitted: (height, width, channels)")
    return check_image_shape(shape, "(height, width, channels)", ranks=(3,))
