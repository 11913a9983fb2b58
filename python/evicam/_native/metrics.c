/* Overlap and calibration. */
#include "native.h"

/* dice and iou: masks [N, P] of bytes to scores [N] of float64. */
static PyObject *overlap(PyObject *args, const char *format, __typeof__(&evicam_dice) measure) {
    PyObject *a_object, *b_object, *out_object;
    if (!PyArg_ParseTuple(args, format, &a_object, &b_object, &out_object)) return NULL;
    array a = {.held = false}, b = {.held = false}, out = {.held = false};
    bool failed = true;
    if (array_get(a_object, (array_spec){"a", "B", 2, false}, &a) == 0 &&
        array_get(b_object, (array_spec){"b", "B", 2, false}, &b) == 0 &&
        array_get(out_object, (array_spec){"out", "d", 1, true}, &out) == 0 &&
        array_check_extent(&b, "b", 0, array_extent(&a, 0)) == 0 &&
        array_check_extent(&b, "b", 1, array_extent(&a, 1)) == 0 &&
        array_check_extent(&out, "out", 0, array_extent(&a, 0)) == 0)
        WITHOUT_GIL(measure(array_data(&a), array_data(&b), array_extent(&a, 0), array_extent(&a, 1), array_data(&out),
                            &error),
                    failed);
    array_release_all(&a, &b, &out, NULL);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *dice(PyObject *module, PyObject *args) {
    (void)module;
    return overlap(args, "OOO:dice", engine.evicam_dice);
}

static PyObject *iou(PyObject *module, PyObject *args) {
    (void)module;
    return overlap(args, "OOO:iou", engine.evicam_iou);
}

static PyObject *calibration_error(PyObject *module, PyObject *args, PyObject *kwargs) {
    (void)module;
    static char *names[] = {"confidence", "correct", "bins", "bin_confidence", "bin_accuracy", "bin_count", NULL};
    PyObject *confidence_object, *correct_object, *objects[3] = {NULL};
    long long bins;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOL|OOO:calibration_error", names, &confidence_object,
                                     &correct_object, &bins, &objects[0], &objects[1], &objects[2]))
        return NULL;
    array confidence = {.held = false}, correct = {.held = false}, per_bin[3] = {{.held = false}};
    bool ready = array_get(confidence_object, (array_spec){"confidence", "d", 1, false}, &confidence) == 0 &&
                 array_get(correct_object, (array_spec){"correct", "B", 1, false}, &correct) == 0 &&
                 array_check_extent(&correct, "correct", 0, array_extent(&confidence, 0)) == 0;
    for (int i = 0; ready && i < 3; i++)
        ready = array_get_optional(objects[i], (array_spec){names[3 + i], i < 2 ? "d" : "q", 1, true}, &per_bin[i]) == 0 &&
                array_check_extent(&per_bin[i], names[3 + i], 0, bins) == 0;
    double value = 0;
    bool failed = true;
    if (ready)
        CALL(evicam_calibration_error(array_data(&confidence), array_data(&correct), array_extent(&confidence, 0), bins,
                                      &value, array_data(&per_bin[0]), array_data(&per_bin[1]),
                                      array_data(&per_bin[2]), &error),
             failed);
    array_release_all(&confidence, &correct, &per_bin[0], &per_bin[1], &per_bin[2], NULL);
    return failed ? NULL : PyFloat_FromDouble(value);
}

PyMethodDef metric_methods[] = {
    {"dice", dice, METH_VARARGS, "dice(a, b, out): masks [N, P] of bytes, out [N] float64."},
    {"iou", iou, METH_VARARGS, "iou(a, b, out): masks [N, P] of bytes, out [N] float64."},
    {"calibration_error", (PyCFunction)(void (*)(void))calibration_error, METH_VARARGS | METH_KEYWORDS,
     "calibration_error(confidence, correct, bins, bin_confidence=None, bin_accuracy=None, bin_count=None) -> float"},
    {NULL, NULL, 0, NULL}};
