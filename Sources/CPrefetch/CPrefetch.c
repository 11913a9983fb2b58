/* The header is all there is; a package's target must hold a source file. */
#include "CPrefetch.h"
