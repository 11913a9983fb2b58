/* Explanations: what methods of Network and functions of the module share is how a request is read. */
#include "native.h"

/* The layer's output extents; -1 with an exception (ValueError for an unknown name comes from the engine later). */
static int layer_extents(PyObject *self, const char *name, evicam_layer *layer, bool *found) {
    int64_t count;
    bool failed;
    *found = false;
    if (name == NULL) return 0; /* the engine says so */
    CALL(evicam_network_layer_count(NETWORK(self), &count, &error), failed);
    for (int64_t i = 0; !failed && !*found && i < count; i++) {
        CALL(evicam_network_layer(NETWORK(self), i, layer, &error), failed);
        *found = !failed && strcmp(layer->name, name) == 0;
    }
    return failed ? -1 : 0;
}

/* What all explanations take: images, and the request (layer, target, quantity, classes, weights, evidence, clip). */
typedef struct {
    array pixels, classes;
    evicam_images images;
    evicam_request request;
} request_arguments;

static int request_get(PyObject *images, PyObject *request, request_arguments *r) {
    PyObject *classes;
    memset(r, 0, sizeof *r);
    r->request.struct_size = sizeof r->request;
    if (!PyTuple_Check(request)) {
        PyErr_Format(PyExc_TypeError, "request must be a tuple, not %R", (PyObject *)Py_TYPE(request));
        return -1;
    }
    if (!PyArg_ParseTuple(request, "ziiOiif:request", &r->request.layer, &r->request.target, &r->request.quantity,
                          &classes, &r->request.weights, &r->request.evidence, &r->request.evidence_clip))
        return -1;
    if (images_get(images, &r->pixels, &r->images) != 0) return -1;
    if (array_get_optional(classes, (array_spec){"classes", "i", 1, false}, &r->classes) != 0) return -1;
    r->request.classes = array_data(&r->classes);
    return array_check_extent(&r->classes, "classes", 0, r->images.count);
}

PyObject *network_layer_maps(PyObject *self, PyObject *args) {
    PyObject *images, *request, *maps_object, *labels_object;
    int method, resize;
    if (!PyArg_ParseTuple(args, "OOiiOO:layer_maps", &images, &request, &method, &resize, &maps_object, &labels_object))
        return NULL;
    request_arguments r;
    array maps = {.held = false}, labels = {.held = false};
    evicam_layer layer;
    bool found, failed = true;
    if (request_get(images, request, &r) == 0 &&
        array_get(maps_object, (array_spec){"maps", "f", 3, true}, &maps) == 0 &&
        array_get_optional(labels_object, (array_spec){"labels", "i", 1, true}, &labels) == 0 &&
        array_check_extent(&labels, "labels", 0, r.images.count) == 0 &&
        array_check_extent(&maps, "maps", 0, r.images.count) == 0 &&
        layer_extents(self, r.request.layer, &layer, &found) == 0 &&
        (!found || !layer.spatial ||
         (array_check_extent(&maps, "maps", 1, layer.height) == 0 &&
          array_check_extent(&maps, "maps", 2, layer.width) == 0)))
        CALL(evicam_layer_maps(NETWORK(self), &r.images, &r.request, method, resize, array_data(&maps), array_data(&labels),
                               &error),
             failed);
    array_release_all(&r.pixels, &r.classes, &maps, &labels, NULL);
    return failed ? NULL : Py_NewRef(Py_None);
}

static int check_layer_output(const array *a, const char *name, const evicam_images *images, const evicam_layer *layer) {
    return array_check_extent(a, name, 0, images->count) == 0 && array_check_extent(a, name, 1, layer->height) == 0 &&
                   array_check_extent(a, name, 2, layer->width) == 0 &&
                   array_check_extent(a, name, 3, layer->channels) == 0
               ? 0
               : -1;
}

PyObject *network_layer_gradients(PyObject *self, PyObject *args) {
    PyObject *images, *request, *first, *second;
    if (!PyArg_ParseTuple(args, "OOOO:layer_gradients", &images, &request, &first, &second)) return NULL;
    request_arguments r;
    array activations = {.held = false}, gradients = {.held = false};
    evicam_layer layer;
    bool found, failed = true;
    if (request_get(images, request, &r) == 0 &&
        array_get_optional(first, (array_spec){"activations", "f", 4, true}, &activations) == 0 &&
        array_get_optional(second, (array_spec){"gradients", "f", 4, true}, &gradients) == 0 &&
        layer_extents(self, r.request.layer, &layer, &found) == 0 &&
        (!found || (check_layer_output(&activations, "activations", &r.images, &layer) == 0 &&
                    check_layer_output(&gradients, "gradients", &r.images, &layer) == 0)))
        CALL(evicam_layer_gradients(NETWORK(self), &r.images, &r.request, array_data(&activations),
                                    array_data(&gradients), &error),
             failed);
    array_release_all(&r.pixels, &r.classes, &activations, &gradients, NULL);
    return failed ? NULL : Py_NewRef(Py_None);
}

/* ---- Perturbations ---- */

/* A settings tuple: method, count, seed, grid, keep, patch (2), stride (2), noise, baseline [H, W, C] or None. */
static int perturbation_get(PyObject *settings, evicam_perturbation *p, array *baseline, const evicam_images *images) {
    long long count, grid, patch_height, patch_width, stride_height, stride_width;
    unsigned long long seed;
    PyObject *values;
    memset(p, 0, sizeof *p);
    p->struct_size = sizeof *p;
    if (!PyTuple_Check(settings)) {
        PyErr_Format(PyExc_TypeError, "perturbation must be a tuple, not %R", (PyObject *)Py_TYPE(settings));
        return -1;
    }
    if (!PyArg_ParseTuple(settings, "iLKLd(LL)(LL)dO:perturbation", &p->method, &count, &seed, &grid, &p->keep,
                          &patch_height, &patch_width, &stride_height, &stride_width, &p->noise, &values))
        return -1;
    p->count = count, p->seed = seed, p->grid = grid;
    p->patch_height = patch_height, p->patch_width = patch_width;
    p->stride_height = stride_height, p->stride_width = stride_width;
    if (array_get_optional(values, (array_spec){"baseline", "f", 3, false}, baseline) != 0) return -1;
    p->baseline = array_data(baseline);
    return array_check_extent(baseline, "baseline", 0, images->height) == 0 &&
                   array_check_extent(baseline, "baseline", 1, images->width) == 0 &&
                   array_check_extent(baseline, "baseline", 2, images->channels) == 0
               ? 0
               : -1;
}

static PyObject *perturbation_size(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *images_object, *settings;
    if (!PyArg_ParseTuple(args, "OO:perturbation_size", &images_object, &settings)) return NULL;
    array pixels = {.held = false}, baseline = {.held = false};
    evicam_images images;
    evicam_perturbation perturbation;
    int64_t count, length;
    bool failed = true;
    if (images_get(images_object, &pixels, &images) == 0 &&
        perturbation_get(settings, &perturbation, &baseline, &images) == 0)
        CALL(evicam_perturbation_size(&perturbation, &images, &count, &length, &error), failed);
    array_release_all(&pixels, &baseline, NULL);
    return failed ? NULL : Py_BuildValue("LL", (long long)count, (long long)length);
}

PyObject *network_perturb(PyObject *self, PyObject *args) {
    PyObject *images, *request, *settings, *sums_object, *labels_object, *values_object;
    long long first, count;
    if (!PyArg_ParseTuple(args, "OOOLLOOO:perturb", &images, &request, &settings, &first, &count, &sums_object,
                          &labels_object, &values_object))
        return NULL;
    request_arguments r;
    array baseline = {.held = false}, sums = {.held = false}, labels = {.held = false}, values = {.held = false};
    evicam_perturbation perturbation;
    bool failed = true;
    if (request_get(images, request, &r) == 0 &&
        perturbation_get(settings, &perturbation, &baseline, &r.images) == 0 &&
        array_get(sums_object, (array_spec){"sums", "d", 1, true}, &sums) == 0 &&
        array_get_optional(labels_object, (array_spec){"labels", "i", 1, true}, &labels) == 0 &&
        array_get_optional(values_object, (array_spec){"values", "d", 1, true}, &values) == 0 &&
        array_check_extent(&labels, "labels", 0, r.images.count) == 0 &&
        array_check_extent(&values, "values", 0, r.images.count) == 0)
        CALL(evicam_perturb(NETWORK(self), &r.images, &r.request, &perturbation, first, count, array_data(&sums),
                            array_extent(&sums, 0), array_data(&labels), array_data(&values), &error),
             failed);
    array_release_all(&r.pixels, &r.classes, &baseline, &sums, &labels, &values, NULL);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *perturbation_maps(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *images_object, *settings, *sums_object, *values_object, *maps_object, *errors_object, *neutral_object;
    if (!PyArg_ParseTuple(args, "OOOOOOO:perturbation_maps", &images_object, &settings, &sums_object, &values_object,
                          &maps_object, &errors_object, &neutral_object))
        return NULL;
    array pixels = {.held = false}, baseline = {.held = false}, sums = {.held = false}, values = {.held = false};
    array maps = {.held = false}, errors = {.held = false}, neutral = {.held = false};
    evicam_images images;
    evicam_perturbation perturbation;
    bool failed = true;
    if (images_get(images_object, &pixels, &images) == 0 &&
        perturbation_get(settings, &perturbation, &baseline, &images) == 0 &&
        array_get(sums_object, (array_spec){"sums", "d", 1, false}, &sums) == 0 &&
        array_get(values_object, (array_spec){"values", "d", 1, false}, &values) == 0 &&
        array_get(maps_object, (array_spec){"maps", "f", 3, true}, &maps) == 0 &&
        array_get_optional(errors_object, (array_spec){"errors", "f", 3, true}, &errors) == 0 &&
        array_get_optional(neutral_object, (array_spec){"neutral", "f", 1, true}, &neutral) == 0 &&
        array_check_extent(&values, "values", 0, images.count) == 0 &&
        array_check_extent(&neutral, "neutral", 0, images.count) == 0 &&
        array_check_extent(&maps, "maps", 0, images.count) == 0 &&
        array_check_extent(&maps, "maps", 1, images.height) == 0 &&
        array_check_extent(&maps, "maps", 2, images.width) == 0 &&
        array_check_extent(&errors, "errors", 0, images.count) == 0 &&
        array_check_extent(&errors, "errors", 1, images.height) == 0 &&
        array_check_extent(&errors, "errors", 2, images.width) == 0)
        CALL(evicam_perturbation_maps(&perturbation, &images, array_data(&sums), array_extent(&sums, 0),
                                      array_data(&values), array_data(&maps), array_data(&errors), array_data(&neutral),
                                      &error),
             failed);
    array_release_all(&pixels, &baseline, &sums, &values, &maps, &errors, &neutral, NULL);
    return failed ? NULL : Py_NewRef(Py_None);
}

PyMethodDef explanation_methods[] = {
    {"perturbation_size", perturbation_size, METH_VARARGS,
     "perturbation_size(images, perturbation) -> (perturbations of an image, doubles of the sums)."},
    {"perturbation_maps", perturbation_maps, METH_VARARGS,
     "perturbation_maps(images, perturbation, sums, values, maps, errors, neutral)."},
    {NULL, NULL, 0, NULL}};
