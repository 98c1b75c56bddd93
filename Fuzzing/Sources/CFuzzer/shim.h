#include <stddef.h>
#include <stdint.h>

/// libFuzzer's loop: it hands inputs to the callback until something is found or the time is over.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t count));
