/* Every function of the header is in the engine: the table does not link otherwise. test_abi.py compares its names with
 * the header's. */
#include "check.h"

#define SYMBOL(name) {#name, (void (*)(void))name}

static const struct {
    const char *name;
    void (*function)(void);
} SYMBOLS[] = {
    SYMBOL(evicam_abi_version),
    SYMBOL(evicam_version),
    SYMBOL(evicam_isa),
    SYMBOL(evicam_set_num_threads),
    SYMBOL(evicam_num_threads),
    SYMBOL(evicam_set_winograd),
    SYMBOL(evicam_winograd),
    SYMBOL(evicam_architecture_lenet),
    SYMBOL(evicam_architecture_named),
    SYMBOL(evicam_network_create),
    SYMBOL(evicam_network_destroy),
    SYMBOL(evicam_network_architecture),
    SYMBOL(evicam_network_classes),
    SYMBOL(evicam_network_layer_count),
    SYMBOL(evicam_network_layer),
    SYMBOL(evicam_network_parameter_count),
    SYMBOL(evicam_network_parameter),
    SYMBOL(evicam_network_read_parameter),
    SYMBOL(evicam_network_write_parameter),
    SYMBOL(evicam_network_set_normalisation),
    SYMBOL(evicam_network_normalisation),
    SYMBOL(evicam_network_logits),
    SYMBOL(evicam_evidence),
    SYMBOL(evicam_opinions),
    SYMBOL(evicam_softmax),
    SYMBOL(evicam_trainer_create),
    SYMBOL(evicam_augment),
    SYMBOL(evicam_trainer_destroy),
    SYMBOL(evicam_trainer_run),
    SYMBOL(evicam_trainer_evaluate),
    SYMBOL(evicam_trainer_report_score),
    SYMBOL(evicam_trainer_restore_best),
    SYMBOL(evicam_trainer_restore_average),
    SYMBOL(evicam_trainer_rates),
    SYMBOL(evicam_trainer_progress),
    SYMBOL(evicam_trainer_set_progress),
    SYMBOL(evicam_trainer_read_state),
    SYMBOL(evicam_trainer_write_state),
    SYMBOL(evicam_grad_cam),
    SYMBOL(evicam_layer_gradients),
    SYMBOL(evicam_layer_maps),
    SYMBOL(evicam_perturbation_size),
    SYMBOL(evicam_perturb),
    SYMBOL(evicam_perturbation_maps),
    SYMBOL(evicam_resize),
    SYMBOL(evicam_dice),
    SYMBOL(evicam_iou),
    SYMBOL(evicam_calibration_error),
};

void test_symbols(void) {
    CHECK(evicam_abi_version() == EVICAM_ABI_VERSION);
    CHECK(strlen(evicam_version()) >= 5);
    CHECK(strlen(evicam_isa()) >= 5);
    for (size_t i = 0; i < sizeof SYMBOLS / sizeof *SYMBOLS; i++) {
        CHECK(SYMBOLS[i].function != NULL);
        puts(SYMBOLS[i].name);
    }
}
