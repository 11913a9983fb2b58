/* evicam._native.Trainer: a training run of the engine. It keeps its Network alive. */
#include "native.h"

typedef struct {
    PyObject_HEAD
    evicam_trainer handle;
    PyObject *network;
} trainer_object;

#define HANDLE(self) (((trainer_object *)(self))->handle)

/* The fields of evicam_training and evicam_augmentation as keyword arguments; one place for names and types. */
static int training_get(PyObject *args, PyObject *kwargs, PyObject **network, evicam_training *t, evicam_augmentation *a) {
    static char *names[] = {"network", "loss", "evidence", "evidence_clip", "kl_weight", "kl_annealing_steps",
                            "kl_annealing_hold", "rescue_weight", "optimiser", "learning_rate", "weight_decay",
                            "beta1", "beta2", "epsilon", "momentum", "nesterov", "schedule", "schedule_period",
                            "schedule_decay", "total_steps", "warmup_steps", "batch_size", "seed", "cross_entropy_steps",
                            "label_smoothing", "average_decay", "decay_spares_vectors", "head_rate", "crop",
                            "flip", "cutout", "rotation", NULL};
    long long annealing, hold, period, total, warmup, batch, cross_entropy, crop, cutout;
    PyObject *seed;
    memset(t, 0, sizeof *t);
    memset(a, 0, sizeof *a);
    t->struct_size = sizeof *t;
    a->struct_size = sizeof *a;
    t->augmentation = a;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O$iiffLLfiffffffpiLfLLLO!LffpfLpLf:Trainer", names, network, &t->loss,
                                     &t->evidence, &t->evidence_clip, &t->kl_weight, &annealing, &hold,
                                     &t->rescue_weight, &t->optimiser, &t->learning_rate, &t->weight_decay, &t->beta1,
                                     &t->beta2, &t->epsilon, &t->momentum, &t->nesterov, &t->schedule, &period,
                                     &t->schedule_decay, &total, &warmup, &batch, &PyLong_Type, &seed,
                                     &cross_entropy, &t->label_smoothing, &t->average_decay, &t->decay_spares_vectors,
                                     &t->head_rate, &crop, &a->flip, &cutout, &a->rotation))
        return -1;
    t->cross_entropy_steps = cross_entropy;
    a->crop = crop;
    a->cutout = cutout;
    t->kl_annealing_steps = annealing;
    t->kl_annealing_hold = hold;
    t->schedule_period = period;
    t->total_steps = total;
    t->warmup_steps = warmup;
    t->batch_size = batch;
    t->seed = PyLong_AsUnsignedLongLong(seed);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *trainer_new(PyTypeObject *subtype, PyObject *args, PyObject *kwargs) {
    PyObject *network;
    evicam_training training;
    evicam_augmentation augmentation;
    if (training_get(args, kwargs, &network, &training, &augmentation) != 0) return NULL;
    evicam_network network_number = network_handle(network);
    if (network_number == 0) return NULL;
    evicam_trainer handle = 0;
    bool failed;
    CALL(evicam_trainer_create(network_number, &training, &handle, &error), failed);
    if (failed) return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(subtype, Py_tp_alloc);
    trainer_object *self = (trainer_object *)allocate(subtype, 0);
    if (self == NULL) {
        engine.evicam_trainer_destroy(handle, NULL);
        return NULL;
    }
    self->handle = handle;
    self->network = Py_NewRef(network);
    return (PyObject *)self;
}

static void trainer_dealloc(PyObject *self) {
    PyTypeObject *own = Py_TYPE(self);
    if (HANDLE(self)) engine.evicam_trainer_destroy(HANDLE(self), NULL);
    Py_XDECREF(((trainer_object *)self)->network);
    ((freefunc)PyType_GetSlot(own, Py_tp_free))(self);
    Py_DECREF(own);
}

/* Sums as a dict of evicam_statistics' fields, out and in. */
static PyObject *statistics_dict(const evicam_statistics *s) {
    return Py_BuildValue("{s:L,s:d,s:d,s:L,s:d,s:d,s:d,s:L}", "count", (long long)s->count, "loss", s->loss,
                         "divergence", s->divergence, "correct", (long long)s->correct, "uncertainty", s->uncertainty,
                         "evidence_when_correct", s->evidence_when_correct, "evidence_when_wrong",
                         s->evidence_when_wrong, "dead", (long long)s->dead);
}

static int statistics_get(PyObject *sums, evicam_statistics *s) {
    static char *names[] = {"count", "loss", "divergence", "correct", "uncertainty", "evidence_when_correct",
                            "evidence_when_wrong", "dead", NULL};
    long long count, correct, dead;
    PyObject *none = PyTuple_New(0);
    int parsed = none != NULL && PyArg_ParseTupleAndKeywords(none, sums, "$LddLdddL:statistics", names, &count, &s->loss,
                                                             &s->divergence, &correct, &s->uncertainty,
                                                             &s->evidence_when_correct, &s->evidence_when_wrong, &dead);
    Py_XDECREF(none);
    if (!parsed) return -1;
    s->count = count;
    s->correct = correct;
    s->dead = dead;
    return 0;
}

/* Arguments that run and evaluate share. */
typedef struct {
    array pixels, labels, alive;
    evicam_images images;
} batch_arguments;

static int batch_get(PyObject *self, PyObject *images, PyObject *labels, PyObject *alive, batch_arguments *b) {
    memset(b, 0, sizeof *b);
    int64_t classes = classes_of(NETWORK(((trainer_object *)self)->network));
    return classes > 0 && images_get(images, &b->pixels, &b->images) == 0 &&
                   array_get(labels, (array_spec){"labels", "i", 1, false}, &b->labels) == 0 &&
                   array_check_extent(&b->labels, "labels", 0, b->images.count) == 0 &&
                   array_get_optional(alive, (array_spec){"alive", "q", 1, true}, &b->alive) == 0 &&
                   array_check_extent(&b->alive, "alive", 0, classes) == 0
               ? 0
               : -1;
}

static void batch_release(batch_arguments *b) { array_release_all(&b->pixels, &b->labels, &b->alive, NULL); }

static PyObject *trainer_run(PyObject *self, PyObject *args) {
    PyObject *images, *labels, *alive = Py_None;
    long long max_steps;
    PyObject *sums;
    if (!PyArg_ParseTuple(args, "OOLO!|O:run", &images, &labels, &max_steps, &PyDict_Type, &sums, &alive)) return NULL;
    batch_arguments b;
    evicam_statistics statistics;
    if (statistics_get(sums, &statistics) != 0) return NULL;
    int32_t ended = 0;
    bool failed = true;
    if (batch_get(self, images, labels, alive, &b) == 0)
        CALL(evicam_trainer_run(HANDLE(self), &b.images, array_data(&b.labels), max_steps, &statistics,
                                array_data(&b.alive), &ended, &error),
             failed);
    batch_release(&b);
    return failed ? NULL : Py_BuildValue("NO", statistics_dict(&statistics), ended ? Py_True : Py_False);
}

static PyObject *trainer_evaluate(PyObject *self, PyObject *args) {
    PyObject *images, *labels, *alive = Py_None;
    if (!PyArg_ParseTuple(args, "OO|O:evaluate", &images, &labels, &alive)) return NULL;
    batch_arguments b;
    evicam_statistics statistics;
    bool failed = true;
    if (batch_get(self, images, labels, alive, &b) == 0)
        CALL(evicam_trainer_evaluate(HANDLE(self), &b.images, array_data(&b.labels), &statistics, array_data(&b.alive),
                                     &error),
             failed);
    batch_release(&b);
    return failed ? NULL : statistics_dict(&statistics);
}

static PyObject *trainer_report_score(PyObject *self, PyObject *score_object) {
    double score = PyFloat_AsDouble(score_object);
    if (score == -1.0 && PyErr_Occurred()) return NULL;
    int32_t improved = 0;
    bool failed;
    CALL(evicam_trainer_report_score(HANDLE(self), score, &improved, &error), failed);
    return failed ? NULL : PyBool_FromLong(improved);
}

static PyObject *trainer_restore_best(PyObject *self, PyObject *unused) {
    (void)unused;
    bool failed;
    CALL(evicam_trainer_restore_best(HANDLE(self), &error), failed);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *trainer_restore_average(PyObject *self, PyObject *unused) {
    (void)unused;
    bool failed;
    CALL(evicam_trainer_restore_average(HANDLE(self), &error), failed);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *trainer_rates(PyObject *self, PyObject *unused) {
    (void)unused;
    float learning_rate, kl_weight;
    bool failed;
    CALL(evicam_trainer_rates(HANDLE(self), &learning_rate, &kl_weight, &error), failed);
    return failed ? NULL : Py_BuildValue("(dd)", (double)learning_rate, (double)kl_weight);
}

static PyObject *trainer_progress(PyObject *self, PyObject *unused) {
    (void)unused;
    evicam_progress p;
    bool failed;
    CALL(evicam_trainer_progress(HANDLE(self), &p, &error), failed);
    if (failed) return NULL;
    return Py_BuildValue("{s:L,s:L,s:L,s:d,s:L}", "step", (long long)p.step, "epoch", (long long)p.epoch,
                         "step_in_epoch", (long long)p.step_in_epoch, "best_score", p.best_score, "best_epoch",
                         (long long)p.best_epoch);
}

static PyObject *trainer_set_progress(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"step", "epoch", "step_in_epoch", "best_score", "best_epoch", NULL};
    long long step, epoch, step_in_epoch, best_epoch;
    evicam_progress p;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "LLLdL:set_progress", names, &step, &epoch, &step_in_epoch,
                                     &p.best_score, &best_epoch))
        return NULL;
    p.step = step;
    p.epoch = epoch;
    p.step_in_epoch = step_in_epoch;
    p.best_epoch = best_epoch;
    bool failed;
    CALL(evicam_trainer_set_progress(HANDLE(self), &p, &error), failed);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *trainer_read_state(PyObject *self, PyObject *args) {
    int which;
    PyObject *object;
    array values;
    bool failed;
    if (!PyArg_ParseTuple(args, "iO:read_state", &which, &object)) return NULL;
    if (array_get(object, (array_spec){"values", "f", 1, true}, &values) != 0) return NULL;
    CALL(evicam_trainer_read_state(HANDLE(self), which, array_data(&values), array_extent(&values, 0), &error), failed);
    array_release(&values);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *trainer_write_state(PyObject *self, PyObject *args) {
    int which;
    PyObject *object;
    array values;
    bool failed;
    if (!PyArg_ParseTuple(args, "iO:write_state", &which, &object)) return NULL;
    if (array_get(object, (array_spec){"values", "f", 1, false}, &values) != 0) return NULL;
    CALL(evicam_trainer_write_state(HANDLE(self), which, array_data(&values), array_extent(&values, 0), &error), failed);
    array_release(&values);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyMethodDef methods[] = {
    {"run", trainer_run, METH_VARARGS, "run(images, labels, max_steps, sums, alive=None) -> (sums raised by these steps, whether the epoch ended)."},
    {"evaluate", trainer_evaluate, METH_VARARGS, "evaluate(images, labels, alive=None) -> dict of sums."},
    {"report_score", trainer_report_score, METH_O, "report_score(score) -> whether it is the best so far."},
    {"restore_best", trainer_restore_best, METH_NOARGS, "restore_best(): put the best weights into the network."},
    {"restore_average", trainer_restore_average, METH_NOARGS,
     "restore_average(): put the averaged weights into the network, where they are kept."},
    {"rates", trainer_rates, METH_NOARGS, "rates() -> (learning_rate, kl_weight) of the next step."},
    {"progress", trainer_progress, METH_NOARGS, "progress() -> dict."},
    {"set_progress", (PyCFunction)(void (*)(void))trainer_set_progress, METH_VARARGS | METH_KEYWORDS,
     "set_progress(step, epoch, step_in_epoch, best_score, best_epoch)"},
    {"read_state", trainer_read_state, METH_VARARGS, "read_state(which, out): one flat state array, float32."},
    {"write_state", trainer_write_state, METH_VARARGS, "write_state(which, values)."},
    {NULL, NULL, 0, NULL}};

static PyObject *augment(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *images_object, *out_object, *seed_object;
    long long crop, cutout, epoch;
    evicam_augmentation augmentation = {.struct_size = sizeof augmentation};
    if (!PyArg_ParseTuple(args, "O(LpLf)O!LO:augment", &images_object, &crop, &augmentation.flip, &cutout,
                          &augmentation.rotation, &PyLong_Type, &seed_object, &epoch, &out_object))
        return NULL;
    augmentation.crop = crop;
    augmentation.cutout = cutout;
    uint64_t seed = PyLong_AsUnsignedLongLong(seed_object);
    if (PyErr_Occurred()) return NULL;
    array pixels = {.held = false}, out = {.held = false};
    evicam_images images;
    bool failed = true;
    if (images_get(images_object, &pixels, &images) == 0 &&
        array_get(out_object, (array_spec){"out", "f", 4, true}, &out) == 0 &&
        array_check_extent(&out, "out", 0, images.count) == 0 && array_check_extent(&out, "out", 1, images.height) == 0 &&
        array_check_extent(&out, "out", 2, images.width) == 0 && array_check_extent(&out, "out", 3, images.channels) == 0)
        CALL(evicam_augment(&images, &augmentation, seed, epoch, array_data(&out), &error), failed);
    array_release_all(&pixels, &out, NULL);
    return failed ? NULL : Py_NewRef(Py_None);
}

PyMethodDef training_methods[] = {
    {"augment", augment, METH_VARARGS, "augment(images, (crop, flip, cutout, rotation), seed, epoch, out): out float32."},
    {NULL, NULL, 0, NULL}};

static PyType_Slot slots[] = {{Py_tp_new, trainer_new},
                              {Py_tp_dealloc, trainer_dealloc},
                              {Py_tp_methods, methods},
                              {Py_tp_doc, "Trainer(network, *, loss, ...): keywords are the fields of evicam_training."},
                              {0, NULL}};

static PyType_Spec spec = {"evicam._native.Trainer", sizeof(trainer_object), 0, Py_TPFLAGS_DEFAULT, slots};

PyObject *trainer_type(void) { return PyType_FromSpec(&spec); }
