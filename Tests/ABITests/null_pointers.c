/* A null pointer where one is needed is an invalid argument that is named. */
#include "check.h"

#define NULL_OF(name, call) FAILS(EVICAM_INVALID_ARGUMENT, name " is null", call)

static void networks(void) {
    evicam_network network = make_network(1), made;
    evicam_images images = all_images(), nowhere = all_images();
    nowhere.data = NULL;
    float values[CLASSES * COUNT];
    char text[64];
    NULL_OF("length", evicam_architecture_lenet(10, 2, text, sizeof text, NULL, error));
    int64_t length;
    NULL_OF("name", evicam_architecture_named(NULL, 10, text, sizeof text, &length, error));
    NULL_OF("text", evicam_architecture_lenet(10, 2, NULL, 8, &length, error));
    NULL_OF("architecture", evicam_network_create(NULL, SIDE, SIDE, 1, 0, &made, error));
    NULL_OF("network", evicam_network_create(ARCHITECTURE, SIDE, SIDE, 1, 0, NULL, error));
    NULL_OF("length", evicam_network_architecture(network, text, sizeof text, NULL, error));
    NULL_OF("classes", evicam_network_classes(network, NULL, error));
    NULL_OF("count", evicam_network_layer_count(network, NULL, error));
    NULL_OF("layer", evicam_network_layer(network, 0, NULL, error));
    NULL_OF("count", evicam_network_parameter_count(network, NULL, error));
    NULL_OF("parameter", evicam_network_parameter(network, 0, NULL, error));
    NULL_OF("values", evicam_network_read_parameter(network, 0, NULL, 36, error));
    NULL_OF("values", evicam_network_write_parameter(network, 0, NULL, 36, error));
    NULL_OF("images", evicam_network_logits(network, NULL, values, error));
    NULL_OF("images.data", evicam_network_logits(network, &nowhere, values, error));
    NULL_OF("logits", evicam_network_logits(network, &images, NULL, error));
    OK(evicam_network_destroy(network, &error));
}

static void evidence_and_maps(void) {
    float values[6] = {0}, results[6];
    double scores[2];
    uint8_t bytes[4] = {0};
    evicam_opinion opinion = {.struct_size = sizeof opinion};
    NULL_OF("logits", evicam_evidence(NULL, 2, 3, EVICAM_EVIDENCE_RELU, 10, results, error));
    NULL_OF("evidence", evicam_evidence(values, 2, 3, EVICAM_EVIDENCE_RELU, 10, NULL, error));
    NULL_OF("evidence", evicam_opinions(NULL, 2, 3, &opinion, error));
    NULL_OF("opinion", evicam_opinions(values, 2, 3, NULL, error));
    OK(evicam_opinions(values, 2, 3, &opinion, &error)); /* nothing is wanted, nothing is written */
    NULL_OF("logits", evicam_softmax(NULL, 2, 3, results, error));
    NULL_OF("probability", evicam_softmax(values, 2, 3, NULL, error));
    NULL_OF("maps", evicam_resize(NULL, 1, 2, 3, EVICAM_RESIZE_BILINEAR, 0, 0, 1, 1, 2, 3, results, error));
    NULL_OF("resized", evicam_resize(values, 1, 2, 3, EVICAM_RESIZE_BILINEAR, 0, 0, 1, 1, 2, 3, NULL, error));
    NULL_OF("a", evicam_dice(NULL, bytes, 2, 2, scores, error));
    NULL_OF("b", evicam_dice(bytes, NULL, 2, 2, scores, error));
    NULL_OF("scores", evicam_iou(bytes, bytes, 2, 2, NULL, error));
    double confidence[2] = {0.5, 1}, value;
    NULL_OF("confidence", evicam_calibration_error(NULL, bytes, 2, 10, &value, NULL, NULL, NULL, error));
    NULL_OF("correct", evicam_calibration_error(confidence, NULL, 2, 10, &value, NULL, NULL, NULL, error));
    NULL_OF("error_value", evicam_calibration_error(confidence, bytes, 2, 10, NULL, NULL, NULL, NULL, error));
    OK(evicam_calibration_error(confidence, bytes, 2, 10, &value, NULL, NULL, NULL, &error));
}

static void trainers(void) {
    evicam_network network = make_network(1);
    evicam_trainer trainer = make_trainer(network), made;
    evicam_training training = standard_training();
    evicam_images images = all_images();
    evicam_statistics statistics = {0};
    evicam_progress progress;
    int32_t number;
    float rate;
    NULL_OF("training", evicam_trainer_create(network, NULL, &made, error));
    NULL_OF("trainer", evicam_trainer_create(network, &training, NULL, error));
    NULL_OF("images", evicam_trainer_run(trainer, NULL, labels, 1, &statistics, NULL, &number, error));
    NULL_OF("labels", evicam_trainer_run(trainer, &images, NULL, 1, &statistics, NULL, &number, error));
    NULL_OF("statistics", evicam_trainer_run(trainer, &images, labels, 1, NULL, NULL, &number, error));
    NULL_OF("epoch_ended", evicam_trainer_run(trainer, &images, labels, 1, &statistics, NULL, NULL, error));
    NULL_OF("images", evicam_trainer_evaluate(trainer, NULL, labels, &statistics, NULL, error));
    NULL_OF("labels", evicam_trainer_evaluate(trainer, &images, NULL, &statistics, NULL, error));
    NULL_OF("statistics", evicam_trainer_evaluate(trainer, &images, labels, NULL, NULL, error));
    NULL_OF("improved", evicam_trainer_report_score(trainer, 0.5, NULL, error));
    NULL_OF("learning_rate", evicam_trainer_rates(trainer, NULL, &rate, error));
    NULL_OF("kl_weight", evicam_trainer_rates(trainer, &rate, NULL, error));
    NULL_OF("progress", evicam_trainer_progress(trainer, NULL, error));
    NULL_OF("progress", evicam_trainer_set_progress(trainer, NULL, error));
    NULL_OF("values", evicam_trainer_read_state(trainer, EVICAM_STATE_FIRST_MOMENT, NULL, 1, error));
    NULL_OF("values", evicam_trainer_write_state(trainer, EVICAM_STATE_FIRST_MOMENT, NULL, 1, error));
    evicam_augmentation augmentation = {.struct_size = sizeof augmentation};
    static float augmented[COUNT * PIXELS];
    NULL_OF("images", evicam_augment(NULL, &augmentation, 0, 0, augmented, error));
    NULL_OF("augmentation", evicam_augment(&images, NULL, 0, 0, augmented, error));
    NULL_OF("augmented", evicam_augment(&images, &augmentation, 0, 0, NULL, error));
    OK(evicam_trainer_progress(trainer, &progress, &error));
    CHECK(progress.step == 0);
    OK(evicam_trainer_destroy(trainer, &error));
    OK(evicam_network_destroy(network, &error));
}

static void explanations(void) {
    evicam_network network = make_network(1);
    evicam_images images = all_images();
    float maps[COUNT * 10 * 10];
    evicam_request request = {.struct_size = sizeof request, .layer = "conv", .target = EVICAM_TARGET_CLASS};
    NULL_OF("request", evicam_grad_cam(network, &images, NULL, maps, NULL, error));
    NULL_OF("request.classes", evicam_grad_cam(network, &images, &request, maps, NULL, error));
    request.target = EVICAM_TARGET_PREDICTED;
    NULL_OF("images", evicam_grad_cam(network, NULL, &request, maps, NULL, error));
    NULL_OF("maps", evicam_grad_cam(network, &images, &request, NULL, NULL, error));
    NULL_OF("request", evicam_layer_gradients(network, &images, NULL, maps, NULL, error));
    OK(evicam_layer_gradients(network, &images, &request, NULL, NULL, &error));
    request.layer = NULL;
    NULL_OF("request.layer", evicam_grad_cam(network, &images, &request, maps, NULL, error));
    OK(evicam_network_destroy(network, &error));
}

void test_null_pointers(void) {
    networks();
    evidence_and_maps();
    trainers();
    explanations();
}
