/*
 * EviCAM's C interface: the one public ABI of the engine.
 *
 * Conventions
 *   - Every function that can fail returns an evicam_status and, on failure, fills the caller's evicam_error
 *     (which may be NULL). On failure no output has been written unless the function says so; but memory may run out
 *     on the way (EVICAM_OUT_OF_MEMORY), when some has.
 *   - Handles are numbers, not pointers: 0 is no handle, and a handle that was destroyed (or never existed) is
 *     answered with EVICAM_INVALID_HANDLE, never with a crash.
 *   - Arrays are C-contiguous; shapes stand in brackets, slowest axis first. All counts are int64_t.
 *   - Strings are UTF-8. Functions that return text copy it into the caller's buffer (always terminated) and give
 *     its full length without the terminator, so a call with capacity 0 asks for the length.
 *   - Structures that may grow begin with struct_size, set by the caller to sizeof(the structure).
 *   - Functions may be called from any thread. Two calls on the same handle at the same time are serialised.
 *   - The interface is append-only: a symbol or field, once published, keeps its meaning.
 */
#ifndef EVICAM_H
#define EVICAM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a symbol or field is added. */
#define EVICAM_ABI_VERSION 3

/* ---- Status and errors ------------------------------------------------------------------------------------- */

typedef int32_t evicam_status;
enum {
    EVICAM_OK = 0,
    EVICAM_INVALID_ARGUMENT = 1, /* a value out of range, a wrong size, a null pointer */
    EVICAM_INVALID_HANDLE = 2,   /* no such object: never created, or destroyed already */
    EVICAM_UNKNOWN_NAME = 3,     /* a layer that the network does not have; the message lists those it has */
    EVICAM_OUT_OF_MEMORY = 4,
    EVICAM_INTERNAL_ERROR = 5    /* a defect in the engine */
};

/* Filled on failure: one sentence that names the argument, what was given and what is wanted. */
typedef struct {
    char message[1024];
} evicam_error;

/* ---- The engine -------------------------------------------------------------------------------------------- */

/* EVICAM_ABI_VERSION the engine was built with. */
int32_t evicam_abi_version(void);
/* Version of the engine, e.g. "0.1.0"; static storage. */
const char *evicam_version(void);
/* Instruction-set level the engine was built for: "x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4", "arm64"; static storage. */
const char *evicam_isa(void);
/* Threads that work on one call: 1 ... 256. The result of every function is the same for any number. */
evicam_status evicam_set_num_threads(int64_t threads, evicam_error *error);
int64_t evicam_num_threads(void);
/* Whether wide convolutions are computed by minimal filtering (docs/winograd.md): 1, the default, is two to three times
 * faster; 0 rounds least. Networks go by it from their next call on, trainers from their making. */
evicam_status evicam_set_winograd(int32_t enabled, evicam_error *error);
int32_t evicam_winograd(void);

/* ---- Images ------------------------------------------------------------------------------------------------ */

enum { EVICAM_UINT8 = 0, EVICAM_FLOAT32 = 1 };

/* A batch of images [count, height, width, channels], read in place. uint8 0..255 is read as 0..1; float32 as it is. */
typedef struct {
    const void *data;
    int32_t type; /* EVICAM_UINT8 or EVICAM_FLOAT32 */
    int64_t count, height, width, channels;
} evicam_images;

/* ---- Architectures ----------------------------------------------------------------------------------------- */

/*
 * An architecture is text, one layer a line: `name = kind(input, option: value, ...)`; see docs/architecture.md.
 * It says nothing of the image size, which is given when a network is made.
 */

/* Text of the LeNet of the paper: convolutions 20 and 50 of 5x5, max pooling `pool` (1 or more), linear 500, `classes`. */
evicam_status evicam_architecture_lenet(int64_t classes, int64_t pool, char *text, int64_t capacity, int64_t *length,
                                        evicam_error *error);

/* Text of an architecture by its name: lenet, lenet-pool1, resnet9, resnet18, resnet34, resnet18-imagenet,
 * resnet34-imagenet. EVICAM_INVALID_ARGUMENT for another one. Since version 3. */
evicam_status evicam_architecture_named(const char *name, int64_t classes, char *text, int64_t capacity, int64_t *length,
                                        evicam_error *error);

/* ---- Networks ---------------------------------------------------------------------------------------------- */

typedef uint64_t evicam_network;

/* Make a network. Its weights are drawn from `seed`, uniform within +-sqrt(6 / inputs) (He's), or within +-1/sqrt(inputs) where
 * batch normalisation follows, and in the last layer that has weights; biases are zeros. EVICAM_INVALID_ARGUMENT when the text
 * does not parse, the image is too small for a layer or a layer's output too large. */
evicam_status evicam_network_create(const char *architecture, int64_t height, int64_t width, int64_t channels,
                                    uint64_t seed, evicam_network *network, evicam_error *error);
evicam_status evicam_network_destroy(evicam_network network, evicam_error *error);
/* The architecture's canonical text. */
evicam_status evicam_network_architecture(evicam_network network, char *text, int64_t capacity, int64_t *length,
                                          evicam_error *error);
/* Number of classes: the length of the logits. */
evicam_status evicam_network_classes(evicam_network network, int64_t *classes, evicam_error *error);

/* One layer as the network sees it. */
typedef struct {
    char name[64];
    char kind[32];                    /* "convolution", "maxPooling", ... */
    int64_t height, width, channels;  /* of its output; height = width = 1 where it has no spatial extent */
    int32_t spatial;                  /* 1 if its output is a map, so Grad-CAM can read it */
    double receptive_field_y, receptive_field_x; /* r, pixels of the image a cell sees; all of it where not spatial */
    double jump_y, jump_x;            /* j, pixels between neighbouring cells; 0 where not spatial */
    double start_y, start_x;          /* centre of the first cell, 0-based pixel centres; NaN where branches disagree */
    int64_t parameters;               /* weights it owns */
} evicam_layer;

evicam_status evicam_network_layer_count(evicam_network network, int64_t *count, evicam_error *error);
evicam_status evicam_network_layer(evicam_network network, int64_t index, evicam_layer *layer, evicam_error *error);

/* One parameter tensor. Convolution weights are [kernel height, kernel width, input channels, output channels],
 * linear weights [inputs, outputs], biases [outputs]. */
typedef struct {
    char name[80]; /* "conv1.weight" */
    int32_t rank;
    int64_t shape[4]; /* the first `rank` entries */
} evicam_parameter;

evicam_status evicam_network_parameter_count(evicam_network network, int64_t *count, evicam_error *error);
evicam_status evicam_network_parameter(evicam_network network, int64_t index, evicam_parameter *parameter,
                                       evicam_error *error);
/* Copy parameter `index` out or in; `count` is its number of elements and must match. Writing refuses NaN and infinity. */
evicam_status evicam_network_read_parameter(evicam_network network, int64_t index, float *values, int64_t count,
                                            evicam_error *error);
evicam_status evicam_network_write_parameter(evicam_network network, int64_t index, const float *values, int64_t count,
                                             evicam_error *error);

/* What the network does to a pixel x, 0..1, before its first layer: (x - mean) / deviation, [channels] each and `count` the
 * image's channels. Both NULL: nothing. It is no parameter; images given to any function are pixels, and so are what
 * explanations change and take gradients with respect to. Since version 3. */
evicam_status evicam_network_set_normalisation(evicam_network network, const float *mean, const float *deviation,
                                               int64_t count, evicam_error *error);
/* Copy it out; `*present` is 0, and nothing is written, when there is none. Since version 3. */
evicam_status evicam_network_normalisation(evicam_network network, float *mean, float *deviation, int64_t count,
                                           int32_t *present, evicam_error *error);

/* Logits [count, classes] of a batch of any size. */
evicam_status evicam_network_logits(evicam_network network, const evicam_images *images, float *logits,
                                    evicam_error *error);

/* ---- Evidence ---------------------------------------------------------------------------------------------- */

enum { EVICAM_EVIDENCE_RELU = 0, EVICAM_EVIDENCE_SOFTPLUS = 1, EVICAM_EVIDENCE_EXPONENTIAL = 2 };

/* evidence [count, classes] from logits [count, classes]. `clip` bounds the logit of the exponential: e = exp(min(z, clip)). */
evicam_status evicam_evidence(const float *logits, int64_t count, int64_t classes, int32_t function, float clip,
                              float *evidence, evicam_error *error);

/* What a Dirichlet opinion says; each pointer may be NULL where the value is not wanted. */
typedef struct {
    uint64_t struct_size;
    float *alpha;              /* [count, classes] e + 1 */
    float *belief;             /* [count, classes] e / S */
    float *probability;        /* [count, classes] alpha / S */
    float *strength;           /* [count] S = sum alpha */
    float *uncertainty;        /* [count] u = K / S */
    float *dissonance;         /* [count] Josang, Cho & Chen 2018 */
    float *entropy;            /* [count] entropy of the expected probability, nats */
    float *mutual_information; /* [count] entropy minus expected entropy, nats */
} evicam_opinion;

evicam_status evicam_opinions(const float *evidence, int64_t count, int64_t classes, const evicam_opinion *opinion,
                              evicam_error *error);

/* softmax probabilities [count, classes] of logits [count, classes]. */
evicam_status evicam_softmax(const float *logits, int64_t count, int64_t classes, float *probability,
                             evicam_error *error);

/* ---- Training: evicam_training.h ------------------------------------------------------------------------------ */

#include "evicam_training.h"

/* ---- Explanations ------------------------------------------------------------------------------------------ */

enum {
    EVICAM_TARGET_PREDICTED = 0,   /* `quantity` of the class with the largest logit */
    EVICAM_TARGET_CLASS = 1,       /* `quantity` of a given class per image */
    EVICAM_TARGET_UNCERTAINTY = 2, /* u = K/S of the evidential head */
    EVICAM_TARGET_DISSONANCE = 3,  /* conflict between its beliefs */
    EVICAM_TARGET_STRENGTH = 4     /* S, its total evidence plus K */
};
/* What of a class: its logit z, evidence e, belief e/S, expected probability (e + 1)/S, or softmax probability. */
enum {
    EVICAM_QUANTITY_LOGIT = 0,
    EVICAM_QUANTITY_EVIDENCE = 1,
    EVICAM_QUANTITY_BELIEF = 2,
    EVICAM_QUANTITY_PROBABILITY = 3,
    EVICAM_QUANTITY_SOFTMAX = 4
};
enum { EVICAM_WEIGHTS_SUM = 0, EVICAM_WEIGHTS_MEAN = 1 };

typedef struct {
    uint64_t struct_size;
    const char *layer;        /* name of a layer whose output is a map */
    int32_t target;
    const int32_t *classes;   /* [count], for EVICAM_TARGET_CLASS; else NULL */
    int32_t weights;          /* Grad-CAM weights: gradients summed over the map (the paper) or averaged */
    int32_t evidence;         /* evidence function and its clip, where the target is made of evidence */
    float evidence_clip;
    int32_t reserved;         /* 0; was padding in version 1 */
    int32_t quantity;         /* since version 2; the logit for callers whose structure ends before it */
} evicam_request;

/* Grad-CAM before the ReLU: maps [count, h, w] = sum_k w_k A^k, where h, w are the layer's; signed, in the target's
 * units. `labels` [count], or NULL, receives the predicted classes. */
evicam_status evicam_grad_cam(evicam_network network, const evicam_images *images, const evicam_request *request,
                              float *maps, int32_t *labels, evicam_error *error);

enum {
    EVICAM_MAP_GRAD_CAM = 0,
    EVICAM_MAP_HI_RES_CAM = 1,
    EVICAM_MAP_LAYER_CAM = 2,
    EVICAM_MAP_GRAD_CAM_PLUS_PLUS = 3,
    EVICAM_MAP_X_GRAD_CAM = 4,
    EVICAM_MAP_EIGEN_CAM = 5,
    EVICAM_MAP_SCORE_CAM = 6
};

/* The same for other methods that read one layer; docs/methods.md has their equations. `resize`, one of EVICAM_RESIZE_...,
 * says how SCORE_CAM makes masks from activations; other methods do not read it. */
evicam_status evicam_layer_maps(evicam_network network, const evicam_images *images, const evicam_request *request,
                                int32_t method, int32_t resize, float *maps, int32_t *labels, evicam_error *error);

/* Activations and/or gradients of a layer, [count, h, w, channels] each; either may be NULL. */
evicam_status evicam_layer_gradients(evicam_network network, const evicam_images *images, const evicam_request *request,
                                     float *activations, float *gradients, evicam_error *error);

enum {
    EVICAM_PERTURBATION_RISE = 0,
    EVICAM_PERTURBATION_OCCLUSION = 1,
    EVICAM_PERTURBATION_INTEGRATED_GRADIENTS = 2,
    EVICAM_PERTURBATION_SMOOTH_GRAD = 3
};

/* A method that changes an image many times and adds up what the target says to it; docs/methods.md has the equations. */
typedef struct {
    uint64_t struct_size;
    int32_t method;
    int64_t count;                       /* masks (at least 2), steps or samples (at least 1); not read by OCCLUSION */
    uint64_t seed;                       /* RISE, SMOOTH_GRAD */
    int64_t grid;                        /* RISE: cells along each axis, at most the image's pixels along it */
    double keep;                         /* RISE: probability that a cell is seen, above 0 and below 1 */
    int64_t patch_height, patch_width;   /* OCCLUSION, pixels */
    int64_t stride_height, stride_width; /* OCCLUSION, pixels */
    double noise;                        /* SMOOTH_GRAD: deviation as a share of an image's range, at least 0 */
    const float *baseline;               /* OCCLUSION, INTEGRATED_GRADIENTS: [height, width, channels]; NULL: zeros */
} evicam_perturbation;

/* `*count` perturbations of each image, and `*length` doubles for the sums over a batch of these images, whose pixels are
 * not read. */
evicam_status evicam_perturbation_size(const evicam_perturbation *perturbation, const evicam_images *images,
                                       int64_t *count, int64_t *length, evicam_error *error);

/* Add `count` perturbations from number `first` on to `sums`, which are zeros before the first call. They are the same in
 * every call with the same settings; cut at multiples of 128, the sums do not depend on the cuts. The request's layer is not
 * read. labels [images.count] receives the predicted classes, values [images.count] the target of the unchanged images;
 * either may be NULL. */
evicam_status evicam_perturb(evicam_network network, const evicam_images *images, const evicam_request *request,
                             const evicam_perturbation *perturbation, int64_t first, int64_t count, double *sums,
                             int64_t length, int32_t *labels, double *values, evicam_error *error);

/* Maps [images.count, height, width] from the sums over all perturbations and the values of the unchanged images;
 * errors (as the maps) and neutral [images.count], the map's value where a pixel has no influence, may be NULL. Errors are
 * standard errors for RISE (infinite where no mask shows the pixel), else zeros. */
evicam_status evicam_perturbation_maps(const evicam_perturbation *perturbation, const evicam_images *images,
                                       const double *sums, int64_t length, const double *values, float *maps,
                                       float *errors, float *neutral, evicam_error *error);

enum { EVICAM_RESIZE_ALIGNED = 0, EVICAM_RESIZE_BILINEAR = 1 };

/* Resize maps [count, h, w] to [count, height, width]. ALIGNED puts cell i at pixel start + i * jump and fades
 * to zero within one jump of the outermost centres; BILINEAR is the usual half-pixel resize, which ignores geometry. */
evicam_status evicam_resize(const float *maps, int64_t count, int64_t h, int64_t w, int32_t mode, double start_y,
                            double start_x, double jump_y, double jump_x, int64_t height, int64_t width,
                            float *resized, evicam_error *error);

/* ---- Metrics ----------------------------------------------------------------------------------------------- */

/* Masks are bytes, 0 or not, [count, pixels]; scores [count]. Two empty masks agree fully: 1. */
evicam_status evicam_dice(const uint8_t *a, const uint8_t *b, int64_t count, int64_t pixels, double *scores,
                          evicam_error *error);
evicam_status evicam_iou(const uint8_t *a, const uint8_t *b, int64_t count, int64_t pixels, double *scores,
                         evicam_error *error);

/* Expected calibration error of top-class confidences [count] in `bins` equal bins over 0..1; correct [count] 0 or not.
 * Where not NULL, the per-bin mean confidence, accuracy and count [bins] are written too (NaN, NaN, 0 for an empty bin). */
evicam_status evicam_calibration_error(const double *confidence, const uint8_t *correct, int64_t count, int64_t bins,
                                       double *error_value, double *bin_confidence, double *bin_accuracy,
                                       int64_t *bin_count, evicam_error *error);

#ifdef __cplusplus
}
#endif

#endif /* EVICAM_H */
