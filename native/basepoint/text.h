/*
 * Text built without malloc or stdio: replies, /proc paths, and the sentence of a refusal, which a
 * clone may have to write while every lock of the C library may be held by a thread that stands
 * still.
 */
#ifndef BASEPOINT_TEXT_H
#define BASEPOINT_TEXT_H

#include <stdarg.h>
#include <stddef.h>

struct text {
    char *start;
    size_t size;
    size_t length; /* without the NUL that always follows */
};

#define TEXT(array) (struct text){ .start = (array), .size = sizeof(array) }

/* Knows %s, %d, %lu, %lx and %02x, nothing else. What does not fit is cut. */
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_list(struct text *text, const char *format, va_list arguments);

#endif
