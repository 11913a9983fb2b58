/* The values: on failure nothing is written; on success they are what the header says. */
#include "check.h"

#include <math.h>

static void opinions_of_known_evidence(void) {
    const float evidence[6] = {8, 0, 2, 0, 0, 0};
    float belief[6], uncertainty[2], alpha[6];
    evicam_opinion opinion = {.struct_size = sizeof opinion, .belief = belief, .uncertainty = uncertainty, .alpha = alpha};
    OK(evicam_opinions(evidence, 2, 3, &opinion, &error));
    CHECK(fabsf(uncertainty[0] - 3.0f / 13) < 1e-6f && uncertainty[1] == 1);
    CHECK(fabsf(belief[0] - 8.0f / 13) < 1e-6f && belief[1] == 0 && alpha[2] == 3 && alpha[4] == 1);
}

static void masks_of_known_overlap(void) {
    const uint8_t a[8] = {1, 1, 0, 0, 0, 0, 0, 0}, b[8] = {0, 200, 0, 0, 0, 0, 0, 0};
    double dice[2], iou[2];
    OK(evicam_dice(a, b, 2, 4, dice, &error));
    OK(evicam_iou(a, b, 2, 4, iou, &error));
    CHECK(fabs(dice[0] - 2.0 / 3) < 1e-12 && fabs(iou[0] - 0.5) < 1e-12 && dice[1] == 1 && iou[1] == 1);
}

static void nothing_is_written_on_failure(void) {
    evicam_network network = make_network(1);
    evicam_images images = all_images();
    images.width = SIDE - 1;
    float logits[COUNT * CLASSES];
    memset(logits, 0x55, sizeof logits);
    float before = logits[0];
    FAILS(EVICAM_INVALID_ARGUMENT, "11", evicam_network_logits(network, &images, logits, error));
    CHECK(memcmp(&logits[0], &before, sizeof before) == 0);

    /* A weight that is refused leaves the parameter as it was. */
    float old[36], now[36], bad[36] = {0};
    OK(evicam_network_read_parameter(network, 0, old, 36, &error));
    bad[35] = NAN;
    FAILS(EVICAM_INVALID_ARGUMENT, "nan", evicam_network_write_parameter(network, 0, bad, 36, error));
    OK(evicam_network_read_parameter(network, 0, now, 36, &error));
    CHECK(memcmp(old, now, sizeof old) == 0);
    OK(evicam_network_destroy(network, &error));
}

static void learning(void) {
    evicam_network network = make_network(2);
    evicam_trainer trainer = make_trainer(network);
    evicam_images images = all_images();
    evicam_statistics statistics = {0};
    int64_t alive[CLASSES] = {0};
    int32_t ended = 0;
    for (int epoch = 0; epoch < 15; epoch++) {
        do OK(evicam_trainer_run(trainer, &images, labels, 2, &statistics, NULL, &ended, &error));
        while (!ended);
    }
    OK(evicam_trainer_evaluate(trainer, &images, labels, &statistics, alive, &error));
    CHECK(statistics.count == COUNT && statistics.correct > 0.9 * COUNT);
    CHECK(alive[0] > 0 && alive[1] > 0 && alive[2] > 0);
    evicam_progress progress;
    OK(evicam_trainer_progress(trainer, &progress, &error));
    CHECK(progress.epoch == 15 && progress.step == 15 * 5 && progress.step_in_epoch == 0);
    OK(evicam_trainer_destroy(trainer, &error));
    OK(evicam_network_destroy(network, &error));
}

/* The averaged weights: read as a state, validated, and put into the network when asked. */
static void averaging(void) {
    evicam_network network = make_network(2);
    evicam_training training = standard_training();
    training.average_decay = 0.9f;
    evicam_trainer trainer, plain = make_trainer(network);
    OK(evicam_trainer_create(network, &training, &trainer, &error));
    evicam_images images = all_images();
    evicam_statistics statistics = {0};
    int32_t ended;
    OK(evicam_trainer_run(trainer, &images, labels, 4, &statistics, NULL, &ended, &error));
    int64_t count, same;
    float *own = all_weights(network, &count), *average = malloc((size_t)count * sizeof *average);
    size_t size = (size_t)count * sizeof *average;
    OK(evicam_trainer_read_state(trainer, EVICAM_STATE_AVERAGE_PARAMETERS, average, count, &error));
    CHECK(memcmp(own, average, size) != 0);
    OK(evicam_trainer_restore_average(plain, &error)); /* it keeps none: nothing happens */
    float *now = all_weights(network, &same);
    CHECK(same == count && memcmp(now, own, size) == 0);
    free(now);
    OK(evicam_trainer_restore_average(trainer, &error));
    now = all_weights(network, &same);
    CHECK(memcmp(now, average, size) == 0);
    free(now);
    free(average);
    free(own);
    OK(evicam_trainer_destroy(plain, &error));
    OK(evicam_trainer_destroy(trainer, &error));
    OK(evicam_network_destroy(network, &error));
}

/* Direct sums and minimal filtering agree but for rounding; a network goes by the switch from call to call. */
static void minimal_filtering(void) {
    evicam_network network = make_residual_network(6);
    evicam_images images = all_images();
    static float logits[3][COUNT * CLASSES];
    for (int i = 0; i < 3; i++) {
        OK(evicam_set_winograd(i != 1, &error));
        CHECK(evicam_winograd() == (i != 1));
        OK(evicam_network_logits(network, &images, logits[i], &error));
    }
    CHECK(memcmp(logits[0], logits[2], sizeof logits[0]) == 0);
    CHECK(memcmp(logits[0], logits[1], sizeof logits[0]) != 0);
    for (int i = 0; i < COUNT * CLASSES; i++) CHECK(fabsf(logits[0][i] - logits[1][i]) < 1e-4f * (1 + fabsf(logits[1][i])));
    FAILS(EVICAM_INVALID_ARGUMENT, "enabled is 2", evicam_set_winograd(2, error));
    FAILS(EVICAM_INVALID_ARGUMENT, "enabled is -1", evicam_set_winograd(-1, error));
    CHECK(evicam_winograd() == 1);
    OK(evicam_network_destroy(network, &error));
}

void test_results(void) {
    opinions_of_known_evidence();
    masks_of_known_overlap();
    nothing_is_written_on_failure();
    learning();
    averaging();
    minimal_filtering();
}
