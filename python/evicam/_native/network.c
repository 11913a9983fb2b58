/* evicam._native.Network: a network of the engine, destroyed with the object. */
#include "native.h"

static PyObject *type = NULL; /* the Network type, for network_handle; made once, whatever is imported anew */

evicam_network network_handle(PyObject *object) {
    /* The type itself, which has no subtypes: isinstance() believes an object's __class__, and its memory would be read. */
    if ((PyObject *)Py_TYPE(object) == type) return NETWORK(object);
    PyErr_Format(PyExc_TypeError, "network must be a Network, not %R", (PyObject *)Py_TYPE(object));
    return 0;
}

static PyObject *network_new(PyTypeObject *subtype, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"architecture", "height", "width", "channels", "seed", NULL};
    const char *architecture;
    long long height, width, channels;
    PyObject *seed_object;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "sLLLO!:Network", names, &architecture, &height, &width, &channels,
                                     &PyLong_Type, &seed_object))
        return NULL;
    uint64_t seed = PyLong_AsUnsignedLongLong(seed_object);
    if (PyErr_Occurred()) return NULL;
    evicam_network handle = 0;
    bool failed;
    CALL(evicam_network_create(architecture, height, width, channels, seed, &handle, &error), failed);
    if (failed) return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(subtype, Py_tp_alloc);
    network_object *self = (network_object *)allocate(subtype, 0);
    if (self == NULL) {
        engine.evicam_network_destroy(handle, NULL);
        return NULL;
    }
    self->handle = handle;
    return (PyObject *)self;
}

static void network_dealloc(PyObject *self) {
    PyTypeObject *own = Py_TYPE(self);
    if (NETWORK(self)) engine.evicam_network_destroy(NETWORK(self), NULL);
    ((freefunc)PyType_GetSlot(own, Py_tp_free))(self);
    Py_DECREF(own);
}

static PyObject *network_architecture(PyObject *self, void *closure) {
    (void)closure;
    int64_t length = 0;
    bool failed;
    CALL(evicam_network_architecture(NETWORK(self), NULL, 0, &length, &error), failed);
    if (failed) return NULL;
    char *text = PyMem_Malloc((size_t)length + 1);
    if (text == NULL) return PyErr_NoMemory();
    CALL(evicam_network_architecture(NETWORK(self), text, length + 1, &length, &error), failed);
    PyObject *result = failed ? NULL : PyUnicode_FromStringAndSize(text, (Py_ssize_t)length);
    PyMem_Free(text);
    return result;
}

int64_t classes_of(evicam_network network) {
    int64_t classes;
    bool failed;
    CALL(evicam_network_classes(network, &classes, &error), failed);
    return failed ? -1 : classes;
}

static PyObject *network_classes(PyObject *self, void *closure) {
    (void)closure;
    int64_t classes = classes_of(NETWORK(self));
    return classes < 0 ? NULL : PyLong_FromLongLong(classes);
}

static PyObject *network_layers(PyObject *self, PyObject *unused) {
    (void)unused;
    int64_t count;
    bool failed;
    CALL(evicam_network_layer_count(NETWORK(self), &count, &error), failed);
    PyObject *list = failed ? NULL : PyList_New(0);
    for (int64_t i = 0; list != NULL && i < count; i++) {
        evicam_layer layer;
        CALL(evicam_network_layer(NETWORK(self), i, &layer, &error), failed);
        PyObject *entry = failed ? NULL : Py_BuildValue(
            "{s:s,s:s,s:L,s:L,s:L,s:O,s:d,s:d,s:d,s:d,s:d,s:d,s:L}", "name", layer.name, "kind", layer.kind, "height",
            (long long)layer.height, "width", (long long)layer.width, "channels", (long long)layer.channels, "spatial",
            layer.spatial ? Py_True : Py_False, "receptive_field_y", layer.receptive_field_y, "receptive_field_x",
            layer.receptive_field_x, "jump_y", layer.jump_y, "jump_x", layer.jump_x, "start_y", layer.start_y,
            "start_x", layer.start_x, "parameters", (long long)layer.parameters);
        if (entry == NULL || PyList_Append(list, entry) != 0) Py_CLEAR(list);
        Py_XDECREF(entry);
    }
    return list;
}

static PyObject *network_parameters(PyObject *self, PyObject *unused) {
    (void)unused;
    int64_t count;
    bool failed;
    CALL(evicam_network_parameter_count(NETWORK(self), &count, &error), failed);
    PyObject *list = failed ? NULL : PyList_New(0);
    for (int64_t i = 0; list != NULL && i < count; i++) {
        evicam_parameter parameter;
        CALL(evicam_network_parameter(NETWORK(self), i, &parameter, &error), failed);
        PyObject *shape = failed ? NULL : PyTuple_New(parameter.rank);
        for (int axis = 0; shape != NULL && axis < parameter.rank; axis++) {
            PyObject *extent = PyLong_FromLongLong(parameter.shape[axis]);
            if (extent == NULL || PyTuple_SetItem(shape, axis, extent) != 0) Py_CLEAR(shape);
        }
        PyObject *entry = shape == NULL ? NULL : Py_BuildValue("(sN)", parameter.name, shape);
        if (entry == NULL || PyList_Append(list, entry) != 0) Py_CLEAR(list);
        Py_XDECREF(entry);
    }
    return list;
}

/* A C-contiguous float32 array of any number of axes: its elements count. */
static int values_get(PyObject *object, bool writable, array *out, int64_t *count) {
    out->held = false;
    Py_buffer *view = &out->view;
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0)) != 0) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "values must be a C-contiguous%s float32 array, not %R",
                     writable ? ", writable" : "", (PyObject *)Py_TYPE(object));
        return -1;
    }
    out->held = true;
    if (array_format(out) != 'f') {
        PyErr_Format(PyExc_TypeError, "values must be float32, not of buffer format '%s'", view->format);
        array_release(out);
        return -1;
    }
    *count = view->len / 4;
    return 0;
}

static PyObject *network_read_parameter(PyObject *self, PyObject *args) {
    long long index;
    PyObject *object;
    array values;
    int64_t count;
    bool failed;
    if (!PyArg_ParseTuple(args, "LO:read_parameter", &index, &object)) return NULL;
    if (values_get(object, true, &values, &count) != 0) return NULL;
    CALL(evicam_network_read_parameter(NETWORK(self), index, array_data(&values), count, &error), failed);
    array_release(&values);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *network_write_parameter(PyObject *self, PyObject *args) {
    long long index;
    PyObject *object;
    array values;
    int64_t count;
    bool failed;
    if (!PyArg_ParseTuple(args, "LO:write_parameter", &index, &object)) return NULL;
    if (values_get(object, false, &values, &count) != 0) return NULL;
    CALL(evicam_network_write_parameter(NETWORK(self), index, array_data(&values), count, &error), failed);
    array_release(&values);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *network_set_normalisation(PyObject *self, PyObject *args) {
    PyObject *mean_object, *deviation_object;
    if (!PyArg_ParseTuple(args, "OO:set_normalisation", &mean_object, &deviation_object)) return NULL;
    array mean = {.held = false}, deviation = {.held = false};
    bool failed = true;
    if (array_get_optional(mean_object, (array_spec){"mean", "f", 1, false}, &mean) == 0 &&
        array_get_optional(deviation_object, (array_spec){"deviation", "f", 1, false}, &deviation) == 0 &&
        (!mean.held || array_check_extent(&deviation, "deviation", 0, array_extent(&mean, 0)) == 0)) {
        int64_t count = mean.held ? array_extent(&mean, 0) : 0;
        CALL(evicam_network_set_normalisation(NETWORK(self), array_data(&mean), array_data(&deviation), count, &error), failed);
    }
    array_release_all(&mean, &deviation, NULL);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *network_normalisation(PyObject *self, PyObject *args) {
    PyObject *mean_object, *deviation_object;
    if (!PyArg_ParseTuple(args, "OO:normalisation", &mean_object, &deviation_object)) return NULL;
    array mean = {.held = false}, deviation = {.held = false};
    int32_t present = 0;
    bool failed = true;
    if (array_get(mean_object, (array_spec){"mean", "f", 1, true}, &mean) == 0 &&
        array_get(deviation_object, (array_spec){"deviation", "f", 1, true}, &deviation) == 0 &&
        array_check_extent(&deviation, "deviation", 0, array_extent(&mean, 0)) == 0)
        CALL(evicam_network_normalisation(NETWORK(self), array_data(&mean), array_data(&deviation), array_extent(&mean, 0),
                                          &present, &error),
             failed);
    array_release_all(&mean, &deviation, NULL);
    return failed ? NULL : PyBool_FromLong(present);
}

static PyObject *network_logits(PyObject *self, PyObject *args) {
    PyObject *images_object, *out_object;
    if (!PyArg_ParseTuple(args, "OO:logits", &images_object, &out_object)) return NULL;
    array pixels = {.held = false}, out = {.held = false};
    evicam_images images;
    bool failed = true;
    int64_t classes = classes_of(NETWORK(self));
    if (classes > 0 && images_get(images_object, &pixels, &images) == 0 &&
        array_get(out_object, (array_spec){"out", "f", 2, true}, &out) == 0 &&
        array_check_extent(&out, "out", 0, images.count) == 0 && array_check_extent(&out, "out", 1, classes) == 0)
        CALL(evicam_network_logits(NETWORK(self), &images, array_data(&out), &error), failed);
    array_release_all(&pixels, &out, NULL);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyMethodDef methods[] = {
    {"layers", network_layers, METH_NOARGS, "layers() -> list of dict: the layers as evicam_layer has them."},
    {"parameters", network_parameters, METH_NOARGS, "parameters() -> list of (name, shape)."},
    {"read_parameter", network_read_parameter, METH_VARARGS, "read_parameter(index, out): copy one out, float32."},
    {"write_parameter", network_write_parameter, METH_VARARGS, "write_parameter(index, values): set one, float32."},
    {"set_normalisation", network_set_normalisation, METH_VARARGS,
     "set_normalisation(mean, deviation): float32 [C] each, or None and None for none."},
    {"normalisation", network_normalisation, METH_VARARGS,
     "normalisation(mean, deviation) -> whether there is one, copied into these float32 [C]."},
    {"logits", network_logits, METH_VARARGS, "logits(images, out): out [N, K] float32."},
    {"layer_maps", network_layer_maps, METH_VARARGS,
     "layer_maps(images, request, method, resize, maps, labels): raw maps [N, h, w]."},
    {"layer_gradients", network_layer_gradients, METH_VARARGS,
     "layer_gradients(images, request, activations, gradients)."},
    {"perturb", network_perturb, METH_VARARGS,
     "perturb(images, request, perturbation, first, count, sums, labels, values): adds perturbations to sums."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef properties[] = {
    {"architecture", network_architecture, NULL, "Canonical text of the architecture.", NULL},
    {"classes", network_classes, NULL, "Number of logits.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {{Py_tp_new, network_new},
                              {Py_tp_dealloc, network_dealloc},
                              {Py_tp_methods, methods},
                              {Py_tp_getset, properties},
                              {Py_tp_doc, "Network(architecture, height, width, channels, seed)"},
                              {0, NULL}};

static PyType_Spec spec = {"evicam._native.Network", sizeof(network_object), 0, Py_TPFLAGS_DEFAULT, slots};

PyObject *network_type(void) {
    if (type == NULL) type = PyType_FromSpec(&spec);
    return type;
}
