/* evicam._native: the engine for Python. This file only lists what the others bind. */
#include "native.h"

int check_status(evicam_status status, const evicam_error *error) {
    switch (status) {
    case EVICAM_OK: return 0;
    case EVICAM_INVALID_ARGUMENT:
    case EVICAM_UNKNOWN_NAME: PyErr_SetString(PyExc_ValueError, error->message); return -1;
    case EVICAM_OUT_OF_MEMORY: PyErr_SetString(PyExc_MemoryError, error->message); return -1;
    default: PyErr_SetString(PyExc_RuntimeError, error->message); return -1;
    }
}

static PyObject *abi_version(PyObject *module, PyObject *unused) {
    (void)module, (void)unused;
    return PyLong_FromLong(engine.evicam_abi_version());
}

static PyObject *version(PyObject *module, PyObject *unused) {
    (void)module, (void)unused;
    return PyUnicode_FromString(engine.evicam_version());
}

static PyObject *isa(PyObject *module, PyObject *unused) {
    (void)module, (void)unused;
    return PyUnicode_FromString(engine.evicam_isa());
}

static PyObject *set_num_threads(PyObject *module, PyObject *threads) {
    (void)module;
    long long count = PyLong_AsLongLong(threads);
    if (count == -1 && PyErr_Occurred()) return NULL;
    bool failed;
    CALL(evicam_set_num_threads(count, &error), failed);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *num_threads(PyObject *module, PyObject *unused) {
    (void)module, (void)unused;
    return PyLong_FromLongLong(engine.evicam_num_threads());
}

static PyObject *set_winograd(PyObject *module, PyObject *enabled) {
    (void)module;
    if (!PyBool_Check(enabled)) {
        PyErr_Format(PyExc_TypeError, "enabled is %R, but must be True or False", enabled);
        return NULL;
    }
    bool failed;
    CALL(evicam_set_winograd(enabled == Py_True, &error), failed);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *winograd(PyObject *module, PyObject *unused) {
    (void)module, (void)unused;
    return PyBool_FromLong(engine.evicam_winograd());
}

static PyObject *architecture(PyObject *module, PyObject *args) {
    (void)module;
    const char *name;
    long long classes;
    if (!PyArg_ParseTuple(args, "sL:architecture", &name, &classes)) return NULL;
    int64_t length = 0;
    bool failed;
    CALL(evicam_architecture_named(name, classes, NULL, 0, &length, &error), failed);
    if (failed) return NULL;
    char *text = PyMem_Malloc((size_t)length + 1);
    if (text == NULL) return PyErr_NoMemory();
    CALL(evicam_architecture_named(name, classes, text, length + 1, &length, &error), failed);
    PyObject *result = failed ? NULL : PyUnicode_FromStringAndSize(text, (Py_ssize_t)length);
    PyMem_Free(text);
    return result;
}

static PyMethodDef engine_methods[] = {
    {"abi_version", abi_version, METH_NOARGS, "abi_version() -> int"},
    {"version", version, METH_NOARGS, "version() -> str: the engine's"},
    {"isa", isa, METH_NOARGS, "isa() -> str: the instruction-set level the engine was built for"},
    {"set_num_threads", set_num_threads, METH_O,
     "set_num_threads(threads): on how many threads the engine computes, 1 to 256. Results do not depend on it."},
    {"num_threads", num_threads, METH_NOARGS,
     "num_threads() -> int: threads the engine computes on; by default one for each core, or EVICAM_NUM_THREADS."},
    {"set_winograd", set_winograd, METH_O,
     "set_winograd(enabled): whether wide convolutions are computed by Winograd's minimal filtering.\n\n"
     "True, the default, is two to three times faster there; False rounds least (docs/winograd.md). Classifiers go by it\n"
     "from their next call on."},
    {"winograd", winograd, METH_NOARGS, "winograd() -> bool: what set_winograd was told"},
    {"architecture", architecture, METH_VARARGS, "architecture(name, classes) -> str: the text of an architecture"},
    {NULL, NULL, 0, NULL}};

/* The enumerations of evicam.h without their prefix. */
#define CONSTANTS(X)                                                                                          \
    X(UINT8) X(FLOAT32) X(EVIDENCE_RELU) X(EVIDENCE_SOFTPLUS) X(EVIDENCE_EXPONENTIAL) X(LOSS_MSE) X(LOSS_LOG)  \
    X(LOSS_DIGAMMA) X(LOSS_CROSS_ENTROPY) X(OPTIMISER_ADAM) X(OPTIMISER_ADAMW) X(OPTIMISER_SGD)               \
    X(SCHEDULE_CONSTANT) X(SCHEDULE_STEP) X(SCHEDULE_COSINE) X(SCHEDULE_ONE_CYCLE) X(STATE_FIRST_MOMENT)       \
    X(STATE_SECOND_MOMENT) X(STATE_BEST_PARAMETERS) X(STATE_AVERAGE_PARAMETERS) X(TARGET_PREDICTED) X(TARGET_CLASS) X(TARGET_UNCERTAINTY)  \
    X(TARGET_DISSONANCE) X(TARGET_STRENGTH) X(QUANTITY_LOGIT) X(QUANTITY_EVIDENCE) X(QUANTITY_BELIEF)          \
    X(QUANTITY_PROBABILITY) X(QUANTITY_SOFTMAX) X(MAP_GRAD_CAM) X(MAP_HI_RES_CAM) X(MAP_LAYER_CAM)             \
    X(MAP_GRAD_CAM_PLUS_PLUS) X(MAP_X_GRAD_CAM) X(MAP_EIGEN_CAM) X(MAP_SCORE_CAM) X(PERTURBATION_RISE)         \
    X(PERTURBATION_OCCLUSION) X(PERTURBATION_INTEGRATED_GRADIENTS) X(PERTURBATION_SMOOTH_GRAD)                 \
    X(WEIGHTS_SUM) X(WEIGHTS_MEAN) X(RESIZE_ALIGNED) X(RESIZE_BILINEAR) X(ABI_VERSION)

/* Adds an object and gives up the reference to it. */
static int add(PyObject *module, const char *name, PyObject *object) {
    int status = object == NULL ? -1 : PyModule_AddObjectRef(module, name, object);
    Py_XDECREF(object);
    return status;
}

/* The folder `engine` beside this extension. */
static int load_engine(PyObject *module) {
    PyObject *file = PyModule_GetFilenameObject(module);
    if (file == NULL) return -1;
    PyObject *bytes = PyUnicode_EncodeFSDefault(file);
    Py_DECREF(file);
    if (bytes == NULL) return -1;
    const char *path = PyBytes_AsString(bytes);
    const char *slash = strrchr(path, '/');
    char folder[4096];
    size_t length = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    int status = -1;
    if (length + sizeof "engine" <= sizeof folder) {
        memcpy(folder, path, length);
        strcpy(folder + length, "engine");
        status = engine_load(folder);
    } else {
        PyErr_SetString(PyExc_ImportError, "the path of this package is too long");
    }
    Py_DECREF(bytes);
    return status;
}

static int module_exec(PyObject *module) {
    if (load_engine(module) != 0) return -1;
#define ADD(name) \
    if (PyModule_AddIntConstant(module, #name, EVICAM_##name) != 0) return -1;
    CONSTANTS(ADD)
#undef ADD
    PyMethodDef *tables[] = {engine_methods, evidence_methods, explanation_methods, map_methods, metric_methods,
                             training_methods};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (PyModule_AddFunctions(module, tables[i]) != 0) return -1;
    PyObject *network = network_type();
    if (network == NULL || PyModule_AddObjectRef(module, "Network", network) != 0) return -1;
    return add(module, "Trainer", trainer_type());
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, module_exec}, {0, NULL}};

static PyModuleDef definition = {.m_base = PyModuleDef_HEAD_INIT,
                                 .m_name = "evicam._native",
                                 .m_doc = "The engine behind evicam: a thin layer over evicam.h.",
                                 .m_slots = module_slots};

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&definition); }
