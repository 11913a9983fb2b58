"""What makes a class a scikit-learn estimator, without importing scikit-learn."""

import inspect
import sys


class Estimator:
    """get_params, set_params and a repr from the signature of ``__init__``, which must only store its arguments."""

    @classmethod
    def _parameter_names(cls):
        known = list(inspect.signature(cls.__init__).parameters.values())[1:]
        if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in known):
            raise RuntimeError(f"{cls.__name__}.__init__ takes *arguments, but each parameter must have a name")
        return [parameter.name for parameter in known if parameter.kind is not parameter.VAR_KEYWORD]

    def get_params(self, deep=True):
        """The constructor's arguments as a dict. `deep` is there for scikit-learn; there is nothing nested."""
        return {name: getattr(self, name) for name in self._parameter_names()}

    def set_params(self, **params):
        """Change constructor arguments; ValueError lists the known ones for an unknown name. Returns self."""
        names = self._parameter_names()
        for name in params:
            if name not in names:
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}; it has {', '.join(names)}")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self):
        defaults = inspect.signature(type(self).__init__).parameters
        changed = [
            f"{name}={value!r}" for name, value in self.get_params().items() if repr(value) != repr(defaults[name].default)
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    # scikit-learn before 1.6 asks for the type by this name.
    _estimator_type = "classifier"

    def __sklearn_tags__(self):
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(two_d_array=False, three_d_array=True),
        )

    def __sklearn_is_fitted__(self):
        return hasattr(self, "network_")

    def _check_fitted(self):
        if not hasattr(self, "network_"):
            raise not_fitted_error()(f"this {type(self).__name__} is not fitted yet: call fit first")


class NotFittedError(ValueError, AttributeError):
    """Raised when a prediction is asked of a classifier that was not fitted."""


def not_fitted_error():
    """scikit-learn's NotFittedError where scikit-learn is in use, so that its users' handlers work; else ours."""
    exceptions = sys.modules.get("sklearn.exceptions")
    if exceptions is None:
        return NotFittedError
    return type("NotFittedError", (NotFittedError, exceptions.NotFittedError), {})
