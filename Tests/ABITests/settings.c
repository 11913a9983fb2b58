/* Settings, labels, states and names that do not exist. */
#include "check.h"

#include <math.h>

#define INVALID(words, call) FAILS(EVICAM_INVALID_ARGUMENT, words, call)
#define WITH(field, value, words)                                                                          \
    do {                                                                                                   \
        evicam_training training = standard_training();                                                    \
        training.field = value;                                                                            \
        evicam_trainer trainer;                                                                            \
        INVALID(words, evicam_trainer_create(network, &training, &trainer, error));                        \
    } while (0)

static void of_trainers(evicam_network network) {
    WITH(struct_size, 16, "struct_size is 16");
    WITH(loss, 9, "loss is 9");
    WITH(evidence, -1, "evidence is -1");
    WITH(evidence_clip, 1000, "clip is 1000");
    WITH(evidence_clip, NAN, "clip is nan");
    WITH(kl_weight, -1, "kl_weight is -1");
    WITH(kl_weight, INFINITY, "kl_weight is inf");
    WITH(kl_annealing_steps, -1, "kl_annealing_steps is -1");
    WITH(kl_annealing_hold, 0, "kl_annealing_hold is 0");
    WITH(rescue_weight, NAN, "rescue_weight is nan");
    WITH(optimiser, 5, "optimiser is 5");
    WITH(learning_rate, 0, "learning");
    WITH(learning_rate, NAN, "learning");
    WITH(weight_decay, -1, "decay");
    WITH(beta1, 1, "beta1");
    WITH(beta2, -0.5f, "beta2");
    WITH(epsilon, 0, "epsilon");
    WITH(schedule, 4, "schedule is 4");
    WITH(batch_size, 0, "batch_size is 0");
    WITH(batch_size, INT64_MAX, "batch_size is");
    WITH(warmup_steps, -1, "warmup_steps is -1");
    WITH(cross_entropy_steps, -1, "cross_entropy_steps is -1");
    WITH(average_decay, 1, "average_decay is 1");
    WITH(average_decay, NAN, "average_decay is nan");
    evicam_augmentation augmentation = {.struct_size = sizeof augmentation, .crop = SIDE};
    WITH(augmentation, &augmentation, "crop is 12");
    augmentation.crop = -1;
    WITH(augmentation, &augmentation, "crop is -1");
    augmentation = (evicam_augmentation){.struct_size = sizeof augmentation, .cutout = SIDE + 1};
    WITH(augmentation, &augmentation, "cutout is 13");
    augmentation = (evicam_augmentation){.struct_size = sizeof augmentation, .rotation = NAN};
    WITH(augmentation, &augmentation, "rotation is nan");
    augmentation.struct_size = 8;
    WITH(augmentation, &augmentation, "augmentation.struct_size is 8");
    evicam_training training = standard_training();
    evicam_trainer trainer;
    training.optimiser = EVICAM_OPTIMISER_SGD;
    training.momentum = 1;
    INVALID("momentum", evicam_trainer_create(network, &training, &trainer, error));
    training = standard_training();
    training.loss = EVICAM_LOSS_CROSS_ENTROPY;
    training.label_smoothing = 1;
    INVALID("label_smoothing is 1", evicam_trainer_create(network, &training, &trainer, error));
    training = standard_training();
    training.schedule = EVICAM_SCHEDULE_STEP;
    training.schedule_period = 0;
    INVALID("schedule_period is 0", evicam_trainer_create(network, &training, &trainer, error));
    training.schedule = EVICAM_SCHEDULE_COSINE;
    training.total_steps = -5;
    INVALID("total_steps is -5", evicam_trainer_create(network, &training, &trainer, error));
}

static void of_runs(evicam_network network) {
    evicam_trainer trainer = make_trainer(network);
    evicam_images images = all_images();
    evicam_statistics statistics = {0};
    evicam_progress progress = {.step = 0, .best_epoch = -1, .best_score = -INFINITY};
    int32_t ended, improved;
    float few[3] = {0};
    INVALID("max_steps is 0", evicam_trainer_run(trainer, &images, labels, 0, &statistics, NULL, &ended, error));
    INVALID("max_steps is -9", evicam_trainer_run(trainer, &images, labels, -9, &statistics, NULL, &ended, error));
    int32_t kept = labels[COUNT - 1];
    labels[COUNT - 1] = CLASSES;
    INVALID("label", evicam_trainer_run(trainer, &images, labels, 1, &statistics, NULL, &ended, error));
    INVALID("label", evicam_trainer_evaluate(trainer, &images, labels, &statistics, NULL, error));
    labels[COUNT - 1] = -1;
    INVALID("label", evicam_trainer_run(trainer, &images, labels, 1, &statistics, NULL, &ended, error));
    labels[COUNT - 1] = kept;
    /* Counts that would overflow; nothing is trained. */
    int64_t alive[CLASSES] = {0, INT64_MAX, 0};
    INVALID("alive[1] is 9223372036854775807",
            evicam_trainer_run(trainer, &images, labels, 1, &statistics, alive, &ended, error));
    INVALID("alive[1] is", evicam_trainer_evaluate(trainer, &images, labels, &statistics, alive, error));
    alive[1] = -1;
    INVALID("alive[1] is -1", evicam_trainer_run(trainer, &images, labels, 1, &statistics, alive, &ended, error));
    statistics.dead = INT64_MAX;
    INVALID("statistics.dead is", evicam_trainer_run(trainer, &images, labels, 1, &statistics, NULL, &ended, error));
    OK(evicam_trainer_progress(trainer, &progress, &error));
    CHECK(progress.step == 0 && alive[0] == 0 && alive[1] == -1);
    INVALID("score", evicam_trainer_report_score(trainer, NAN, &improved, error));
    INVALID("which is 4", evicam_trainer_read_state(trainer, 4, few, 3, error));
    INVALID("count is 3", evicam_trainer_read_state(trainer, EVICAM_STATE_FIRST_MOMENT, few, 3, error));
    INVALID("count is -1", evicam_trainer_write_state(trainer, EVICAM_STATE_SECOND_MOMENT, few, -1, error));
    int64_t count;
    float *weights = all_weights(network, &count);
    INVALID("average_decay is 0", evicam_trainer_write_state(trainer, EVICAM_STATE_AVERAGE_PARAMETERS, weights, count, error));
    free(weights);
    progress.step = -1;
    INVALID("progress.step is -1", evicam_trainer_set_progress(trainer, &progress, error));
    progress.step = 0;
    progress.best_epoch = -2;
    INVALID("progress.best_epoch is -2", evicam_trainer_set_progress(trainer, &progress, error));
    OK(evicam_trainer_destroy(trainer, &error));
}

static void of_normalisations(evicam_network network) {
    float mean[2] = {0.5f, 0}, deviation[2] = {0.25f, 1}, bad = NAN;
    int32_t present = 7;
    INVALID("count is 2", evicam_network_set_normalisation(network, mean, deviation, 2, error));
    INVALID("mean[0] is nan", evicam_network_set_normalisation(network, &bad, deviation, 1, error));
    INVALID("deviation[0] is nan", evicam_network_set_normalisation(network, mean, &bad, 1, error));
    INVALID("deviation is null", evicam_network_set_normalisation(network, mean, NULL, 1, error));
    INVALID("mean is null", evicam_network_set_normalisation(network, NULL, deviation, 1, error));
    INVALID("count is 2", evicam_network_normalisation(network, mean, deviation, 2, &present, error));
    INVALID("present is null", evicam_network_normalisation(network, mean, deviation, 1, NULL, error));
    OK(evicam_network_normalisation(network, mean, deviation, 1, &present, &error));
    CHECK(present == 0 && mean[0] == 0.5f);
    OK(evicam_network_set_normalisation(network, mean, deviation, 1, &error));
    mean[0] = deviation[0] = 0;
    OK(evicam_network_normalisation(network, mean, deviation, 1, &present, &error));
    CHECK(present == 1 && mean[0] == 0.5f && deviation[0] == 0.25f);
    OK(evicam_network_set_normalisation(network, NULL, NULL, 0, &error));
    OK(evicam_network_normalisation(network, mean, deviation, 1, &present, &error));
    CHECK(present == 0);
}

/* A caller built against version 2 has no fields after the seed: what stands in that memory is not read. */
static void of_older_callers(evicam_network network) {
    evicam_training training = standard_training();
    training.struct_size = offsetof(evicam_training, cross_entropy_steps);
    training.average_decay = NAN;
    training.augmentation = (const evicam_augmentation *)8;
    evicam_trainer trainer;
    OK(evicam_trainer_create(network, &training, &trainer, &error));
    OK(evicam_trainer_destroy(trainer, &error));
}

static void of_names(evicam_network network) {
    evicam_images images = all_images();
    static float maps[COUNT * PIXELS * 4];
    int32_t classes[COUNT] = {0};
    evicam_request request = {.struct_size = sizeof request, .layer = "nosuch"};
    FAILS(EVICAM_UNKNOWN_NAME, "conv, pool, relu", evicam_grad_cam(network, &images, &request, maps, NULL, error));
    request.layer = "fc";
    INVALID("fc", evicam_grad_cam(network, &images, &request, maps, NULL, error));
    request.layer = "\xff\xfe";
    INVALID("request.layer is not UTF-8", evicam_grad_cam(network, &images, &request, maps, NULL, error));
    request.layer = "conv";
    request.weights = 2;
    INVALID("request.weights is 2", evicam_grad_cam(network, &images, &request, maps, NULL, error));
    request.weights = EVICAM_WEIGHTS_SUM;
    request.target = 5;
    INVALID("request.target is 5", evicam_grad_cam(network, &images, &request, maps, NULL, error));
    request.target = EVICAM_TARGET_UNCERTAINTY;
    request.evidence = 3;
    INVALID("request.evidence is 3", evicam_grad_cam(network, &images, &request, maps, NULL, error));
    request.target = EVICAM_TARGET_CLASS;
    request.classes = classes;
    classes[7] = CLASSES;
    INVALID("3", evicam_grad_cam(network, &images, &request, maps, NULL, error));
    request.struct_size = 0;
    INVALID("struct_size is 0", evicam_grad_cam(network, &images, &request, maps, NULL, error));
}

static void of_weights(evicam_network network) {
    float weights[36] = {0};
    weights[20] = NAN;
    INVALID("nan", evicam_network_write_parameter(network, 0, weights, 36, error));
    weights[20] = -INFINITY;
    INVALID("inf", evicam_network_write_parameter(network, 0, weights, 36, error));
    evicam_network made;
    INVALID("line 2", evicam_network_create("a = relu(image)\nb = nosuch(a)", SIDE, SIDE, 1, 0, &made, error));
    INVALID("", evicam_network_create("", SIDE, SIDE, 1, 0, &made, error));
}

void test_settings(void) {
    evicam_network network = make_network(1);
    of_trainers(network);
    of_runs(network);
    of_normalisations(network);
    of_older_callers(network);
    of_names(network);
    of_weights(network);
    OK(evicam_network_destroy(network, &error));
}
