/* The part of EviCAM's C interface that trains. Include evicam.h, which says what holds for all of it. */
#ifndef EVICAM_TRAINING_H
#define EVICAM_TRAINING_H

#include "evicam.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t evicam_trainer;

enum { EVICAM_LOSS_MSE = 0, EVICAM_LOSS_LOG = 1, EVICAM_LOSS_DIGAMMA = 2, EVICAM_LOSS_CROSS_ENTROPY = 3 };
enum { EVICAM_OPTIMISER_ADAM = 0, EVICAM_OPTIMISER_ADAMW = 1, EVICAM_OPTIMISER_SGD = 2 };
enum { EVICAM_SCHEDULE_CONSTANT = 0, EVICAM_SCHEDULE_STEP = 1, EVICAM_SCHEDULE_COSINE = 2, EVICAM_SCHEDULE_ONE_CYCLE = 3 };

/* Random changes to training images, drawn by (seed, epoch, image); zeros change nothing. Since version 3. */
typedef struct {
    uint64_t struct_size;
    int64_t crop;                /* largest shift along either axis, pixels; what comes in is black. Below the image's sides */
    int64_t cutout;              /* side of a blanked square, pixels, at most the image's sides; 0: none */
    int32_t flip;                /* 1: mirrored left to right in every other epoch */
    float rotation;              /* largest angle, degrees, 0..180 */
} evicam_augmentation;

typedef struct {
    uint64_t struct_size;
    int32_t loss;
    int32_t evidence;            /* evidence function of the evidential losses */
    float evidence_clip;         /* bound on the logit of the exponential */
    float kl_weight;             /* weight of the KL term on the misleading evidence, after annealing */
    int64_t kl_annealing_steps;  /* the weight grows linearly to kl_weight over so many steps; 0: at once */
    int64_t kl_annealing_hold;   /* steps for which it keeps one value; 1: smooth; steps per epoch: as the authors did */
    float rescue_weight;         /* weight of the vacuity-weighted correct-class evidence term; 0: none */
    int32_t optimiser;
    float learning_rate;
    float weight_decay;          /* L2 in the gradient for Adam and SGD, decoupled for AdamW */
    float beta1, beta2, epsilon; /* Adam and AdamW */
    float momentum;              /* SGD */
    int32_t nesterov;
    int32_t schedule;
    int64_t schedule_period;     /* STEP: steps between decays */
    float schedule_decay;        /* STEP: factor at each decay */
    int64_t total_steps;         /* COSINE, ONE_CYCLE: length of the whole run */
    int64_t warmup_steps;        /* steps in which the rate rises linearly to what the schedule says; 0: none */
    int64_t batch_size;
    uint64_t seed;               /* of shuffling, augmentation and dropout */
    /* Since version 3; zeros for callers whose structure ends before them. */
    int64_t cross_entropy_steps; /* an evidential loss begins with so many steps of cross-entropy; annealing follows them */
    float label_smoothing;       /* cross-entropy: share of the label that is spread over all classes, below 1 */
    float average_decay;         /* of a moving average of the weights, below 1; 0: none is kept */
    int32_t decay_spares_vectors; /* 1: weight_decay leaves parameters of one axis alone */
    float head_rate;             /* factor on the learning rate of the last layer with weights; 0 stands for 1 */
    const evicam_augmentation *augmentation; /* read when the trainer is made; NULL: none */
} evicam_training;

/* augmented [images.count, height, width, channels]: the images as a training with this seed sees them in epoch 0, 1, ...,
 * pixels 0..1 before any normalisation. Since version 3. */
evicam_status evicam_augment(const evicam_images *images, const evicam_augmentation *augmentation, uint64_t seed,
                             int64_t epoch, float *augmented, evicam_error *error);

/* Sums over `count` images; divide for means. */
typedef struct {
    int64_t count;
    double loss;                  /* sum of the total loss */
    double divergence;            /* sum of the weighted KL term in it */
    int64_t correct;              /* images classified correctly */
    double uncertainty;           /* sum of u */
    double evidence_when_correct; /* sum of total evidence over correct images */
    double evidence_when_wrong;   /* sum of total evidence over wrong images */
    int64_t dead;                 /* images with (nearly) no evidence for their own class */
} evicam_statistics;

/* Where a training run stands; read it to save, write it to resume. */
typedef struct {
    int64_t step;                 /* optimisation steps done */
    int64_t epoch;                /* epochs completed */
    int64_t step_in_epoch;        /* steps done of the running epoch */
    double best_score;            /* best validation score so far; -inf if none */
    int64_t best_epoch;           /* epoch of it; -1 if none */
} evicam_progress;

/* A trainer changes the network it was made for and keeps it alive. */
evicam_status evicam_trainer_create(evicam_network network, const evicam_training *training, evicam_trainer *trainer,
                                    evicam_error *error);
evicam_status evicam_trainer_destroy(evicam_trainer trainer, evicam_error *error);

/* Run up to `max_steps` steps, stopping early at the end of the epoch. Shuffled anew each epoch by (seed, epoch).
 * labels [images.count], each 0 ... classes-1. `*statistics` is raised by what the steps measured: set it to zeros before
 * an epoch; its sums do not depend on how the epoch was cut into calls. alive [classes], or NULL, is raised by each
 * class's images with live evidence. Counts may begin at 0 ... 2^48. `*epoch_ended` is 1 when the epoch is complete.
 * EVICAM_INVALID_ARGUMENT if the loss is no longer finite: the weights of the last finite step stand. */
evicam_status evicam_trainer_run(evicam_trainer trainer, const evicam_images *images, const int32_t *labels,
                                 int64_t max_steps, evicam_statistics *statistics, int64_t *alive,
                                 int32_t *epoch_ended, evicam_error *error);
/* The loss over a set, by the averaged weights where they are kept, without learning from it; `*statistics` is of this set
 * alone, alive [classes], or NULL, is raised as above. */
evicam_status evicam_trainer_evaluate(evicam_trainer trainer, const evicam_images *images, const int32_t *labels,
                                      evicam_statistics *statistics, int64_t *alive, evicam_error *error);
/* Tell the score of the current weights (of the averaged ones where they are kept) on the validation set: the best so far
 * are kept. `*improved` 0 or 1. */
evicam_status evicam_trainer_report_score(evicam_trainer trainer, double score, int32_t *improved, evicam_error *error);
/* Put the best weights back into the network; nothing happens when no score was reported. */
evicam_status evicam_trainer_restore_best(evicam_trainer trainer, evicam_error *error);
/* Put the averaged weights into the network; nothing happens when none are kept. To go on, training needs its own weights
 * back. Since version 3. */
evicam_status evicam_trainer_restore_average(evicam_trainer trainer, evicam_error *error);

/* The learning rate and KL weight of the next step. */
evicam_status evicam_trainer_rates(evicam_trainer trainer, float *learning_rate, float *kl_weight, evicam_error *error);

evicam_status evicam_trainer_progress(evicam_trainer trainer, evicam_progress *progress, evicam_error *error);
evicam_status evicam_trainer_set_progress(evicam_trainer trainer, const evicam_progress *progress, evicam_error *error);

/* The optimiser's state and the best weights, one flat array each, as long as all parameters together in order. */
enum {
    EVICAM_STATE_FIRST_MOMENT = 0,
    EVICAM_STATE_SECOND_MOMENT = 1,
    EVICAM_STATE_BEST_PARAMETERS = 2,
    EVICAM_STATE_AVERAGE_PARAMETERS = 3 /* since version 3; cannot be written where no average is kept */
};
evicam_status evicam_trainer_read_state(evicam_trainer trainer, int32_t which, float *values, int64_t count,
                                        evicam_error *error);
evicam_status evicam_trainer_write_state(evicam_trainer trainer, int32_t which, const float *values, int64_t count,
                                         evicam_error *error);

#ifdef __cplusplus
}
#endif

#endif /* EVICAM_TRAINING_H */
