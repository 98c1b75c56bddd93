// The bound on what a handler of the user's own may do for one request, and the way to call it.
#pragma once
#include <stdint.h>

// The user's handler, compiled and linked by whoever generates the image. `call` is a retained `Handler.Call`.
void testudo_handle(void *call);

// From here on the handler's code may take this many steps: blocks of code without a branch. One more ends the image.
void testudo_handler_begin(uint64_t steps);
// Called before the image ends for that reason: HandlerService says it to the orchestrator, by a report that is written
// to the control channel as it is.
void testudo_handler_exhausted(void);
void testudo_handler_report(const uint8_t *frame, uint64_t count);
// The handler has returned: how many steps it took. Nothing is counted until it is called again.
uint64_t testudo_handler_end(void);
