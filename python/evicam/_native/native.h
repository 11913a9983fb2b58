/* What the files of evicam._native share. Each file binds one topic of evicam.h; module.c lists them. */
#ifndef EVICAM_NATIVE_H
#define EVICAM_NATIVE_H

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "evicam.h"

/* ---- The engine (engine.c) ---- */

/* Every function of evicam.h: the one list from which the table is declared and resolved. */
#define EVICAM_FUNCTIONS(X) \
    X(evicam_abi_version) X(evicam_version) X(evicam_isa) X(evicam_set_num_threads) X(evicam_num_threads) \
    X(evicam_set_winograd) X(evicam_winograd) X(evicam_architecture_named) X(evicam_network_create) X(evicam_network_destroy) X(evicam_network_architecture) \
    X(evicam_network_classes) X(evicam_network_layer_count) X(evicam_network_layer) X(evicam_network_parameter_count) \
    X(evicam_network_parameter) X(evicam_network_read_parameter) X(evicam_network_write_parameter) \
    X(evicam_network_set_normalisation) X(evicam_network_normalisation) X(evicam_network_logits) X(evicam_evidence) X(evicam_opinions) X(evicam_softmax) X(evicam_trainer_create) \
    X(evicam_augment) X(evicam_trainer_destroy) X(evicam_trainer_run) X(evicam_trainer_evaluate) X(evicam_trainer_report_score) \
    X(evicam_trainer_restore_best) X(evicam_trainer_restore_average) X(evicam_trainer_rates) X(evicam_trainer_progress) X(evicam_trainer_set_progress) \
    X(evicam_trainer_read_state) X(evicam_trainer_write_state) X(evicam_grad_cam) X(evicam_layer_gradients) \
    X(evicam_layer_maps) X(evicam_perturbation_size) X(evicam_perturb) X(evicam_perturbation_maps) \
    X(evicam_resize) X(evicam_dice) X(evicam_iou) X(evicam_calibration_error)

/* engine.evicam_x is the loaded engine's evicam_x. */
typedef struct {
#define DECLARE(name) __typeof__(&name) name;
    EVICAM_FUNCTIONS(DECLARE)
#undef DECLARE
} engine_table;

extern engine_table engine;

/* Loads the engine from `folder` and applies EVICAM_ISA, EVICAM_NUM_THREADS and EVICAM_WINOGRAD. 0, or -1 with ImportError set. */
int engine_load(const char *folder);

/* ---- Errors (module.c) ---- */

/* Sets the Python exception of a failed call: 0 for EVICAM_OK, else -1. */
int check_status(evicam_status status, const evicam_error *error);

/* Runs `expression`, of type evicam_status, which may use `error`, without the GIL: nothing in it may touch a Python object
 * but for the fields of our own. `failed` says whether an exception was set. */
#define WITHOUT_GIL(expression, failed)                   \
    do {                                                  \
        evicam_error error;                               \
        evicam_status status;                             \
        Py_BEGIN_ALLOW_THREADS                            \
        status = expression;                              \
        Py_END_ALLOW_THREADS                              \
        failed = check_status(status, &error) != 0;       \
    } while (0)

/* The same for a call of one of the engine's functions. */
#define CALL(call, failed) WITHOUT_GIL(engine.call, failed)

/* ---- Arrays (arrays.c) ---- */

enum { ARRAY_DIMENSIONS = 4 };

/* A C-contiguous buffer of one type, held until array_release. */
typedef struct {
    Py_buffer view;
    bool held;
} array;

/* How an argument must look: `formats` are the accepted struct-module letters, e.g. "f" or "Bf". */
typedef struct {
    const char *name;
    const char *formats;
    int rank;
    bool writable;
} array_spec;

/* Borrows `object`; TypeError or ValueError naming the argument otherwise. 0 or -1. */
int array_get(PyObject *object, array_spec spec, array *out);
/* The same, but None leaves `out` empty (array_data gives NULL). */
int array_get_optional(PyObject *object, array_spec spec, array *out);
void array_release(array *a);
void *array_data(const array *a);
int64_t array_extent(const array *a, int axis);
char array_format(const array *a);
/* ValueError unless axis `axis` has `wanted` elements. */
int array_check_extent(const array *a, const char *name, int axis, int64_t wanted);

/* Images [N, H, W, C], uint8 or float32. */
int images_get(PyObject *object, array *out, evicam_images *images);

/* Releases a NULL-terminated list of arrays. */
void array_release_all(array *first, ...);

/* ---- Types and functions, by topic ---- */

extern PyMethodDef evidence_methods[];    /* evidence.c */
extern PyMethodDef explanation_methods[]; /* explanations.c */
extern PyMethodDef map_methods[];         /* maps.c */
extern PyMethodDef metric_methods[];      /* metrics.c */
extern PyMethodDef training_methods[];    /* trainer.c */

PyObject *network_type(void); /* network.c: borrowed */
PyObject *trainer_type(void); /* trainer.c: new reference */

/* ---- Networks (network.c) ---- */

typedef struct {
    PyObject_HEAD
    evicam_network handle;
} network_object;

/* The engine's handle of what is known to be a Network: of `self` in its methods. */
#define NETWORK(self) (((network_object *)(self))->handle)
/* The same of any object; 0 with TypeError set if it is no Network. */
evicam_network network_handle(PyObject *object);
/* The number of classes; -1 with an exception. */
int64_t classes_of(evicam_network network);

/* Methods of Network that explain (explanations.c). */
PyObject *network_layer_maps(PyObject *self, PyObject *args);
PyObject *network_layer_gradients(PyObject *self, PyObject *args);
PyObject *network_perturb(PyObject *self, PyObject *args);

#endif
