/* The kernel's log, told to the harness when it asks for it. */
#ifndef BASEPOINT_LOG_H
#define BASEPOINT_LOG_H

/* First several lines of its own, each with the mark BP_MARK_SYNC; then the whole log. */
void tell_log(void);

#endif
