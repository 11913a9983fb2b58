/* Resizing maps to the image. */
#include "native.h"

static PyObject *resize(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *maps_object, *out_object;
    int mode;
    double start_y, start_x, jump_y, jump_x;
    if (!PyArg_ParseTuple(args, "OiddddO:resize", &maps_object, &mode, &start_y, &start_x, &jump_y, &jump_x,
                          &out_object))
        return NULL;
    array maps = {.held = false}, out = {.held = false};
    bool failed = true;
    if (array_get(maps_object, (array_spec){"maps", "f", 3, false}, &maps) == 0 &&
        array_get(out_object, (array_spec){"out", "f", 3, true}, &out) == 0 &&
        array_check_extent(&out, "out", 0, array_extent(&maps, 0)) == 0)
        CALL(evicam_resize(array_data(&maps), array_extent(&maps, 0), array_extent(&maps, 1), array_extent(&maps, 2),
                           mode, start_y, start_x, jump_y, jump_x, array_extent(&out, 1), array_extent(&out, 2),
                           array_data(&out), &error),
             failed);
    array_release_all(&maps, &out, NULL);
    return failed ? NULL : Py_NewRef(Py_None);
}

PyMethodDef map_methods[] = {
    {"resize", resize, METH_VARARGS,
     "resize(maps, mode, start_y, start_x, jump_y, jump_x, out): [N, h, w] to [N, H, W], float32."},
    {NULL, NULL, 0, NULL}};
