/* Handles that were destroyed, never made, or are of the other kind are recognised by every function that takes one. */
#include "check.h"

#define NO_SUCH(call) FAILS(EVICAM_INVALID_HANDLE, "there is no ", call)

static void no_network(evicam_network network) {
    evicam_images images = all_images();
    evicam_training training = standard_training();
    evicam_request request = {.struct_size = sizeof request, .layer = "conv"};
    evicam_trainer trainer;
    evicam_layer layer;
    evicam_parameter parameter;
    static float values[COUNT * 10 * 10 * 4];
    char text[64];
    int64_t number;
    NO_SUCH(evicam_network_destroy(network, error));
    NO_SUCH(evicam_network_architecture(network, text, sizeof text, &number, error));
    NO_SUCH(evicam_network_classes(network, &number, error));
    NO_SUCH(evicam_network_layer_count(network, &number, error));
    NO_SUCH(evicam_network_layer(network, 0, &layer, error));
    NO_SUCH(evicam_network_parameter_count(network, &number, error));
    NO_SUCH(evicam_network_parameter(network, 0, &parameter, error));
    NO_SUCH(evicam_network_read_parameter(network, 0, values, 36, error));
    NO_SUCH(evicam_network_write_parameter(network, 0, values, 36, error));
    NO_SUCH(evicam_network_logits(network, &images, values, error));
    NO_SUCH(evicam_trainer_create(network, &training, &trainer, error));
    NO_SUCH(evicam_grad_cam(network, &images, &request, values, NULL, error));
    NO_SUCH(evicam_layer_gradients(network, &images, &request, values, values, error));
    NO_SUCH(evicam_layer_maps(network, &images, &request, 1, 0, values, NULL, error));
}

static void no_trainer(evicam_trainer trainer) {
    evicam_images images = all_images();
    evicam_statistics statistics = {0};
    evicam_progress progress = {0};
    int32_t number;
    float rate, weight, values[1];
    NO_SUCH(evicam_trainer_destroy(trainer, error));
    NO_SUCH(evicam_trainer_run(trainer, &images, labels, 1, &statistics, NULL, &number, error));
    NO_SUCH(evicam_trainer_evaluate(trainer, &images, labels, &statistics, NULL, error));
    NO_SUCH(evicam_trainer_report_score(trainer, 0.5, &number, error));
    NO_SUCH(evicam_trainer_restore_best(trainer, error));
    NO_SUCH(evicam_trainer_restore_average(trainer, error));
    NO_SUCH(evicam_trainer_rates(trainer, &rate, &weight, error));
    NO_SUCH(evicam_trainer_progress(trainer, &progress, error));
    NO_SUCH(evicam_trainer_set_progress(trainer, &progress, error));
    NO_SUCH(evicam_trainer_read_state(trainer, EVICAM_STATE_FIRST_MOMENT, values, 1, error));
    NO_SUCH(evicam_trainer_write_state(trainer, EVICAM_STATE_FIRST_MOMENT, values, 1, error));
}

void test_handles(void) {
    no_network(0);
    no_trainer(0);
    no_network(UINT64_MAX);
    no_trainer(UINT64_MAX);

    evicam_network network = make_network(1);
    evicam_trainer trainer = make_trainer(network);
    no_network(trainer);
    no_trainer(network);

    /* A trainer keeps its network alive. */
    OK(evicam_network_destroy(network, &error));
    no_network(network);
    evicam_images images = all_images();
    evicam_statistics statistics = {0};
    int32_t ended;
    OK(evicam_trainer_run(trainer, &images, labels, 1, &statistics, NULL, &ended, &error));
    CHECK(statistics.count == BATCH);
    OK(evicam_trainer_destroy(trainer, &error));
    no_trainer(trainer);

    /* Numbers are not used again. */
    evicam_network later = make_network(1);
    CHECK(later != network && later != trainer);
    OK(evicam_network_destroy(later, &error));
}
