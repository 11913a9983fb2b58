"""Repeat the paper's experiments: train an evidential network and its softmax twin, test both, turn an image, show them
something they have never seen; then its tables, why its test failed, and the answer to its question with several models.
Writes results.json, report.html, figures/ and the classifiers to a folder."""

HELP = "repeat the paper's experiments and write a report"


def add_arguments(parser):
    parser.add_argument("--dataset", default="fashion-mnist", help="fashion-mnist (default), mnist or cifar-10")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the results")
    parser.add_argument("--model", default="lenet", help="lenet (default), resnet9, resnet18 or resnet34")
    parser.add_argument("--epochs", type=int, metavar="N", help="passes over the training images (default: by the recipe)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the same seed gives the same results (default 0)")
    parser.add_argument("--root", metavar="DIR", help="folder with the data set's files")
    parser.add_argument("--limit", type=int, metavar="N", help="train on the first N images only, to try things out")
    parser.add_argument("--images", type=int, metavar="N", help="test images whose heatmaps are scored (default all)")
    parser.add_argument(
        "--models", type=int, metavar="N", help="evidential LeNets that answer the question (default 5; 2 for short and quick)"
    )
    for name, default, what in (("heat", 0.15, "a map's largest value"), ("object", 0.1, "full brightness")):
        text = f"share of {what} above which a pixel counts as {name} (default {default})"
        parser.add_argument(f"--{name}-threshold", type=float, default=default, metavar="T", help=text)
    efforts = ("full", "short", "quick")
    parser.add_argument(
        "--effort",
        choices=efforts,
        default="full",
        help="full (default); short: fewer models and images; quick: a look at the report, its numbers mean nothing",
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing while working")


def run(options):
    from ..experiments import reproduce

    reproduce(
        options.dataset,
        options.out,
        model=options.model,
        epochs=options.epochs,
        seed=options.seed,
        root=options.root,
        limit=options.limit,
        images=options.images,
        models=options.models,
        heat_threshold=options.heat_threshold,
        object_threshold=options.object_threshold,
        effort=options.effort,
        verbose=not options.quiet,
    )
