/* Evidence, opinions and softmax probabilities of logits. */
#include "native.h"

static PyObject *evidence(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *logits_object, *out_object;
    int function;
    float clip;
    if (!PyArg_ParseTuple(args, "OifO:evidence", &logits_object, &function, &clip, &out_object)) return NULL;
    array logits = {.held = false}, out = {.held = false};
    bool failed = true;
    if (array_get(logits_object, (array_spec){"logits", "f", 2, false}, &logits) == 0 &&
        array_get(out_object, (array_spec){"out", "f", 2, true}, &out) == 0 &&
        array_check_extent(&out, "out", 0, array_extent(&logits, 0)) == 0 &&
        array_check_extent(&out, "out", 1, array_extent(&logits, 1)) == 0)
        CALL(evicam_evidence(array_data(&logits), array_extent(&logits, 0), array_extent(&logits, 1), function, clip,
                             array_data(&out), &error),
             failed);
    array_release_all(&logits, &out, NULL);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *softmax(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *logits_object, *out_object;
    if (!PyArg_ParseTuple(args, "OO:softmax", &logits_object, &out_object)) return NULL;
    array logits = {.held = false}, out = {.held = false};
    bool failed = true;
    if (array_get(logits_object, (array_spec){"logits", "f", 2, false}, &logits) == 0 &&
        array_get(out_object, (array_spec){"out", "f", 2, true}, &out) == 0 &&
        array_check_extent(&out, "out", 0, array_extent(&logits, 0)) == 0 &&
        array_check_extent(&out, "out", 1, array_extent(&logits, 1)) == 0)
        CALL(evicam_softmax(array_data(&logits), array_extent(&logits, 0), array_extent(&logits, 1), array_data(&out),
                            &error),
             failed);
    array_release_all(&logits, &out, NULL);
    return failed ? NULL : Py_NewRef(Py_None);
}

enum { MEASURES = 8, PER_CLASS = 3 };

static PyObject *opinions(PyObject *module, PyObject *args, PyObject *kwargs) {
    (void)module;
    static char *names[] = {"evidence", "alpha", "belief", "probability", "strength", "uncertainty", "dissonance",
                            "entropy", "mutual_information", NULL};
    PyObject *evidence_object, *objects[MEASURES] = {NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OOOOOOOO:opinions", names, &evidence_object, &objects[0],
                                     &objects[1], &objects[2], &objects[3], &objects[4], &objects[5], &objects[6],
                                     &objects[7]))
        return NULL;
    array evidence = {.held = false}, measures[MEASURES];
    for (int i = 0; i < MEASURES; i++) measures[i].held = false;
    bool ready = array_get(evidence_object, (array_spec){"evidence", "f", 2, false}, &evidence) == 0;
    /* The first three are [N, K], the rest [N]. */
    for (int i = 0; ready && i < MEASURES; i++) {
        const char *name = names[i + 1];
        int rank = i < PER_CLASS ? 2 : 1;
        ready = array_get_optional(objects[i], (array_spec){name, "f", rank, true}, &measures[i]) == 0 &&
                array_check_extent(&measures[i], name, 0, array_extent(&evidence, 0)) == 0 &&
                (rank == 1 || array_check_extent(&measures[i], name, 1, array_extent(&evidence, 1)) == 0);
    }
    bool failed = true;
    if (ready) {
        evicam_opinion opinion = {sizeof opinion,           array_data(&measures[0]), array_data(&measures[1]),
                                  array_data(&measures[2]), array_data(&measures[3]), array_data(&measures[4]),
                                  array_data(&measures[5]), array_data(&measures[6]), array_data(&measures[7])};
        CALL(evicam_opinions(array_data(&evidence), array_extent(&evidence, 0), array_extent(&evidence, 1), &opinion,
                             &error),
             failed);
    }
    array_release(&evidence);
    for (int i = 0; i < MEASURES; i++) array_release(&measures[i]);
    return failed ? NULL : Py_NewRef(Py_None);
}

PyMethodDef evidence_methods[] = {
    {"evidence", evidence, METH_VARARGS, "evidence(logits, function, clip, out): [N, K] float32."},
    {"softmax", softmax, METH_VARARGS, "softmax(logits, out): [N, K] float32."},
    {"opinions", (PyCFunction)(void (*)(void))opinions, METH_VARARGS | METH_KEYWORDS,
     "opinions(evidence, alpha=None, belief=None, probability=None, strength=None, uncertainty=None, "
     "dissonance=None, entropy=None, mutual_information=None): fills the arrays that are given."},
    {NULL, NULL, 0, NULL}};
