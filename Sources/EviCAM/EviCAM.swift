// What a Swift user imports: everything above the kernels.
@_exported import Evidential
@_exported import Explanations
@_exported import Metrics
@_exported import Networks
@_exported import Tensors
