"""The documentation that both classifiers share."""

PARAMETERS = """
    architecture : str or nn.Layer
        "lenet" (the paper's), "lenet-pool1" (the variant in its authors' code, without pooling), "resnet9" (small and
        fast), "resnet18" or "resnet34" (torchvision's with a stem for small images; "resnet18-imagenet" and
        "resnet34-imagenet" with their own), architecture text, or a model of
        `evicam.nn`.
    epochs : int
        Passes over the training images, at most a million.
    batch_size : int
        Images in a step, at most 2^20. Where there are fewer in all, a step takes all of them, and memory for at most twice
        as many (with dropout for 1024, or for the batch if that is smaller).
    optimiser : {"adam", "adamw", "sgd"}
        Adam has its weight decay in the gradient, AdamW apart; SGD has Nesterov momentum 0.9.
    learning_rate : float
        At its highest.
    weight_decay : float
        How much each step draws the weights to zero; 0 for not at all.
    decay_biases : bool or "auto"
        Whether weight decay also meets biases and the scales and shifts of batch normalisation. "auto": only in networks
        without batch normalisation, where the rest of a layer's size is the weights' to set.
    head_rate : float
        Factor on the learning rate of the head, the last layer. Below 1 it lets the rest of a network with batch
        normalisation learn at a rate that the head would not bear; above 1 it lets a new head catch up with
        pretrained features.
    schedule : {"constant", "step", "cosine", "one-cycle"}
        Learning rate over a fit. "one-cycle" rises to `learning_rate` over the first 30% and falls to nearly nothing;
        "cosine" falls from it to zero; "step" multiplies it by 0.1 every 7 epochs.
    warmup : float
        Epochs over which the learning rate rises linearly, at most a million.
    average_decay : float
        Decay d of an exponential moving average of the weights, 0 (none) to below 1, e.g. 0.999: after step t
        a = d a + (1 - d) w, with min(d, (1 + t) / (10 + t)) for d, so that the first weights are soon forgotten. The
        average is what is validated, kept and predicts.
    pretrained : path-like, str or None
        Weights that a new network starts from: a file of PyTorch's or safetensors file with a state dict in torchvision's
        names, a checkpoint of evicam, or the http(s) address of one, which is kept in the cache. A head of another number of
        classes begins anew, and the first convolution is adapted to other colours or a smaller kernel (docs/exchange.md);
        anything else that does not fit is an error.
    pretrained_sha256 : str or None
        The file's SHA-256 or its first digits, at least 8. Needed for an address, unless that ends in it as torchvision's
        do: resnet18-f37072fd.pth.
    normalisation : {"channels"} or None
        "channels": the network reads (x - mean) / deviation, with the mean and standard deviation of each channel over the
        training images. It is stored with the network; images and explanations stay in pixels.
    augmentation : evicam.Augmentation or None
        Random changes to the training images.
    test_time_flip : bool
        Whether predictions are made from the mean of the logits of an image and its mirror image. With exponential evidence
        that is the geometric mean of both views' evidence, so that doubt in either counts, and the label, the opinion and
        the probabilities still come from one set of logits. Explanations are of the image as it is.
    validation_fraction : float
        Share of the images, drawn class by class, that is kept from training and looked at after each epoch. 0 trains on all.
    early_stopping : int or None
        Stop after so many epochs without a better fit of the validation images, and keep the weights of the epoch that fits
        them best: by the loss, of which the KL term is left out, for its weight changes. None keeps the last weights, which
        suit a schedule that ends with a low rate.
    warm_start : bool
        Whether `fit` starts from the weights of the fit before; `architecture` and `normalisation` must then be the same.
    random_state : int, numpy.random.Generator, numpy.random.RandomState or None
        Seed of weights, shuffling, augmentation, dropout and the validation split. With the same one, the same bits come
        out, for any number of threads.
    verbose : bool or "auto"
        Whether to show progress: a bar in a terminal or notebook, elsewhere a line for each epoch; "auto" leaves the
        lines out."""

ATTRIBUTES = """
    classes_ : ndarray of shape (K,)
    image_shape_ : tuple (H, W, C)
    history_ : dict of lists
        One entry per epoch: loss, accuracy, uncertainty, evidence_correct and evidence_wrong (mean total evidence of
        images classified right and wrong), dead_evidence_fraction (share of images with next to no evidence for
        their own class), kl_share (of the loss), kl_weight and learning_rate (of the epoch's first step), seconds;
        val_loss, val_accuracy and val_uncertainty where there is a validation set. A SoftmaxClassifier gathers no evidence:
        its uncertainty, val_uncertainty, evidence_correct, evidence_wrong, dead_evidence_fraction, kl_share and kl_weight
        are always 0, which says nothing.
    interrupted_ : bool
        Whether the last fit was stopped by Ctrl-C; `fit(X, y, resume=True)` completes it.
    pretrained_ : list of str
        What was changed of the pretrained weights, in sentences; `verbose` shows them.
    n_features_in_ : int
        H * W * C.
    architecture_ : str
    network_ : evicam._native.Network"""
