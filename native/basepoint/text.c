/* See text.h. */
#include "text.h"

#include <stdbool.h>
#include <stdint.h>

static void add_byte(struct text *text, char byte)
{
    if (text->length + 1 >= text->size)
        return;
    text->start[text->length++] = byte;
    text->start[text->length] = '\0';
}

static void add_string(struct text *text, const char *string)
{
    while (*string)
        add_byte(text, *string++);
}

static void add_number(struct text *text, uint64_t number, unsigned base, unsigned width)
{
    char digits[20];
    unsigned count = 0;

    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number || count < width);
    while (count)
        add_byte(text, digits[--count]);
}

void text_add_list(struct text *text, const char *format, va_list arguments)
{
    if (text->size)
        text->start[text->length] = '\0';
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            add_byte(text, *at);
        } else if (at[1] == 's') {
            add_string(text, va_arg(arguments, const char *));
            at += 1;
        } else if (at[1] == 'd') {
            int number = va_arg(arguments, int);
            if (number < 0)
                add_byte(text, '-');
            add_number(text, number < 0 ? -(uint64_t)number : (uint64_t)number, 10, 1);
            at += 1;
        } else if (at[1] == 'l') {
            add_number(text, va_arg(arguments, unsigned long), at[2] == 'x' ? 16 : 10, 1);
            at += 2;
        } else { /* %02x */
            add_number(text, va_arg(arguments, unsigned), 16, 2);
            at += 3;
        }
    }
}

void text_add(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_add_list(text, format, arguments);
    va_end(arguments);
}
