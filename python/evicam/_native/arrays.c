/* Arrays come in and go out through the buffer protocol: no copies, and no NumPy headers. */
#include <stdarg.h>

#include "native.h"

static const char *format_name(char format) {
    switch (format) {
    case 'f': return "float32";
    case 'd': return "float64";
    case 'B': return "uint8";
    case 'i': return "int32";
    case 'q': return "int64";
    default: return "?";
    }
}

/* The letter of a native buffer format; int64 is 'l' or 'q' by platform, bool and uint8 are both bytes. */
static char native_format(const Py_buffer *view) {
    const char *format = view->format == NULL ? "B" : view->format;
    if (*format == '@' || *format == '=' || *format == '<') format++;
    if (format[0] == '\0' || format[1] != '\0') return '?';
    if ((format[0] == 'l' || format[0] == 'q') && view->itemsize == 8) return 'q';
    if ((format[0] == 'l' || format[0] == 'i') && view->itemsize == 4) return 'i';
    if (format[0] == '?') return 'B';
    return format[0];
}

int array_get(PyObject *object, array_spec spec, array *out) {
    out->held = false;
    int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (spec.writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object, &out->view, flags) != 0) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "%s must be a C-contiguous%s array of %d axes, not %R", spec.name,
                     spec.writable ? ", writable" : "", spec.rank, (PyObject *)Py_TYPE(object));
        return -1;
    }
    out->held = true;
    if (strchr(spec.formats, native_format(&out->view)) == NULL) {
        PyErr_Format(PyExc_TypeError, "%s must be %s%s%s, not of buffer format '%s'", spec.name,
                     format_name(spec.formats[0]), spec.formats[1] ? " or " : "",
                     spec.formats[1] ? format_name(spec.formats[1]) : "", out->view.format ? out->view.format : "B");
    } else if (out->view.ndim != spec.rank) {
        PyErr_Format(PyExc_ValueError, "%s must have %d axes, not %d", spec.name, spec.rank, out->view.ndim);
    } else {
        return 0;
    }
    array_release(out);
    return -1;
}

int array_get_optional(PyObject *object, array_spec spec, array *out) {
    out->held = false;
    return object == NULL || object == Py_None ? 0 : array_get(object, spec, out);
}

void array_release(array *a) {
    if (a->held) PyBuffer_Release(&a->view);
    a->held = false;
}

void array_release_all(array *first, ...) {
    va_list rest;
    va_start(rest, first);
    for (array *a = first; a != NULL; a = va_arg(rest, array *)) array_release(a);
    va_end(rest);
}

void *array_data(const array *a) { return a->held ? a->view.buf : NULL; }

int64_t array_extent(const array *a, int axis) { return a->view.shape[axis]; }

char array_format(const array *a) { return native_format(&a->view); }

int array_check_extent(const array *a, const char *name, int axis, int64_t wanted) {
    if (!a->held || array_extent(a, axis) == wanted) return 0;
    PyErr_Format(PyExc_ValueError, "%s has %lld elements along axis %d, but %lld are wanted", name,
                 (long long)array_extent(a, axis), axis, (long long)wanted);
    return -1;
}

int images_get(PyObject *object, array *out, evicam_images *images) {
    if (array_get(object, (array_spec){"images", "Bf", 4, false}, out) != 0) return -1;
    images->data = array_data(out);
    images->type = array_format(out) == 'B' ? EVICAM_UINT8 : EVICAM_FLOAT32;
    images->count = array_extent(out, 0);
    images->height = array_extent(out, 1);
    images->width = array_extent(out, 2);
    images->channels = array_extent(out, 3);
    return 0;
}
