/*
 * fake-qemu: speaks QEMU's side of everything the harness hears, without a virtual machine.
 *
 * The harness is tested with it, branch by branch and at once, and tests itself with it: what it is
 * told to do (latencies, failures) is known, so the report can be checked against it. Orders come as
 * words on the guest's command line (-append):
 *
 *   fake.boot=MS     delay before the base point, and so before `ready` (cold)
 *   fake.load=MS     delay of loading the template (restore)
 *   fake.ready=MS    delay between go and ready
 *   fake.at=MS       the same, but from the start itself, which the harness names in the environment
 *   fake.work=MS     delay between ready and work
 *   fake.exit=CODE   end with that code where the base point would be
 *   fake.do=WORD     one of the misbehaviours in obey()
 *   fake.fail=K/N    misbehave (exit 7) in K of N starts, chosen by the harness's random seed bytes
 *   fake.modes=A,B   ready takes A or B ms longer, by the seed bytes
 *   fake.drift=MS    ready takes MS ms longer for each second that the harness has run
 *   fake.console=WORD  a guest with a console of its own, which is up when it says so, and
 *                    answers, is silent, deaf, stale (answers with an old number), or boots
 *                    where it should have been restored
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../kernels/protocol.h"

enum { MONITOR = 3, MARKS = 4, GO = 5, CONSOLE = 6, STATE = 8 };

static const char *orders = "";
static bool incoming;
static uint64_t nonce;
static uint32_t counter;

static const char *order(const char *name)
{
	char pattern[64];
	snprintf(pattern, sizeof pattern, "fake.%s=", name);
	const char *found = strstr(orders, pattern);
	return found ? found + strlen(pattern) : NULL;
}

static bool told_to(const char *word)
{
	const char *what = order("do");
	return what && !strncmp(what, word, strlen(word)) && strchr(" ", what[strlen(word)]);
}

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* To the microsecond: a sleeper wakes up to 0.1 ms late, so the end is waited for awake. */
static void sleep_until(int64_t until_ns)
{
	const int64_t awake_ns = 150000;
	int64_t asleep_ns = until_ns - awake_ns;
	struct timespec until = { asleep_ns / 1000000000, asleep_ns % 1000000000 };
	if (asleep_ns > now_ns())
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL))
			;
	while (now_ns() < until_ns)
		;
}

static void sleep_ms(double ms)
{
	sleep_until(now_ns() + (int64_t)(ms * 1e6));
}

/* An order's number of milliseconds; 0 without the order. */
static double ms_of(const char *name)
{
	const char *ms = order(name);
	return ms ? atof(ms) : 0;
}

static void delay(const char *name)
{
	if (order(name))
		sleep_ms(ms_of(name));
}

static void put(int fd, const void *bytes, size_t count)
{
	for (const char *at = bytes; count;) {
		ssize_t wrote = write(fd, at, count);
		if (wrote <= 0)
			_exit(0); /* the harness has gone */
		at += wrote;
		count -= wrote;
	}
}

static void say(const char *line)
{
	put(MONITOR, line, strlen(line));
	put(MONITOR, "\r\n", 2);
}

static void mark(unsigned char code)
{
	put(MARKS, &code, 1);
}

static bool console_is(const char *word)
{
	const char *what = order("console");
	return what && !strncmp(what, word, strlen(word)) && strchr(" ", what[strlen(word)]);
}

static void type(const char *text)
{
	put(CONSOLE, text, strlen(text));
}

static void reach_base_point(void)
{
	if (told_to("panic")) {
		put(CONSOLE, "Kernel panic - not syncing: fake\n", 33);
		_exit(0);
	}
	if (told_to("init-first"))
		mark(BP_MARK_INIT);
	mark(BP_MARK_KERNEL);
	delay("boot");
	if (told_to("hang"))
		pause();
	if (order("exit")) {
		fputs("fake-qemu: told to exit\n", stderr);
		_exit(atoi(order("exit")));
	}
	if (!told_to("no-init"))
		mark(BP_MARK_INIT);
	if (told_to("give-up")) {
		mark(BP_ERROR);
		put(MARKS, "no second serial port\n", 22);
		pause();
	}
	if (order("console") && !console_is("silent"))
		type("booting\r\nfake console: up\r\n");
	mark(BP_MARK_BASE);
}

/* "say WORD" is echoed, as a terminal does, and answered by "heard WORD". */
static void take_line(const char *line)
{
	if (incoming && console_is("boots"))
		type("fake console: up\r\n");
	type(line);
	type("\r\n");
	if (console_is("deaf") || strncmp(line, "say ", 4))
		return;
	delay("ready");
	type("heard ");
	type(console_is("stale") ? "0123456789abcdef" : line + 4);
	type("\r\n");
}

static void read_console(void)
{
	static char line[256];
	static size_t got;
	ssize_t count = read(CONSOLE, line + got, 1);
	if (count <= 0)
		_exit(0);
	if (line[got] != '\n' && got < sizeof line - 1) {
		got++;
		return;
	}
	line[got] = 0;
	got = 0;
	take_line(line);
}

static void fail_by_chance(const uint8_t *seed)
{
	const char *rate = order("fail");
	int failures, of;
	if (!rate || sscanf(rate, "%d/%d", &failures, &of) != 2)
		return;
	uint32_t dice;
	memcpy(&dice, seed, sizeof dice);
	if ((int)(dice % of) < failures) {
		fputs("fake-qemu: failed by chance\n", stderr);
		_exit(7);
	}
}

static double mode_ms(const uint8_t *seed)
{
	const char *modes = order("modes");
	double first, second;
	if (!modes || sscanf(modes, "%lf,%lf", &first, &second) != 2)
		return 0;
	return seed[4] & 1 ? first : second;
}

/* A run is one process of the harness, so its age says how far the run has got; nothing is kept. */
static double harness_age(void)
{
	char path[64], text[1024];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)getppid());
	FILE *stat = fopen(path, "r");
	size_t got = stat ? fread(text, 1, sizeof text - 1, stat) : 0;
	if (stat)
		fclose(stat);
	text[got] = 0;
	/* field 22, counted from behind the name, which may hold spaces and parentheses */
	const char *at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	if (!at)
		return 0;
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9 - atof(at) / (double)sysconf(_SC_CLK_TCK);
}

/* Spawning is part of a start: only from the start itself is the whole latency known. */
static void sleep_until_ready(const uint8_t *seed)
{
	const char *start_ns = getenv("BASEPOINT_START_NS");
	double ms = ms_of("ready") + mode_ms(seed);
	if (order("drift"))
		ms += ms_of("drift") * harness_age();
	if (order("at") && start_ns)
		sleep_until(atoll(start_ns) + (int64_t)((ms_of("at") + ms) * 1e6));
	else
		sleep_ms(ms);
}

/* A short frame's is its identity and what comes after it. */
static const uint8_t *seed_of(const uint8_t *frame)
{
	return frame + (frame[BP_AT_KIND] & BP_FLAG_LONG ? BP_AT_SEED : BP_AT_NONCE);
}

static void answer(const uint8_t *frame)
{
	uint8_t data[1 + BP_DATA_SIZE + 1] = { BP_DATA };
	uint64_t told = nonce, identity;
	uint16_t mib;
	uint32_t count = counter;
	memcpy(&identity, frame + BP_AT_NONCE, sizeof identity);
	memcpy(&mib, frame + BP_AT_WORK_MIB, sizeof mib);
	uint64_t touched = (uint64_t)mib << 20;
	if (told_to("wrong-nonce"))
		told ^= 1;
	if (told_to("wrong-counter"))
		count++;
	if (told_to("wrong-identity"))
		identity ^= 1;
	if (told_to("lazy"))
		touched /= 2;
	memcpy(data + 1 + BP_DATA_NONCE, &told, 8);
	memcpy(data + 1 + BP_DATA_IDENTITY, &identity, 8);
	memcpy(data + 1 + BP_DATA_COUNTER, &count, 4);
	memcpy(data + 1 + BP_DATA_TOUCHED, &touched, 8);
	if (!told_to("zeros"))
		memcpy(data + 1 + BP_DATA_RANDOM, seed_of(frame), frame[BP_AT_KIND] & BP_FLAG_LONG ? 32 : BP_FRAME_SIZE - BP_AT_NONCE);
	data[1 + BP_DATA_SIZE] = BP_MARK_WORK;
	if (told_to("no-answer"))
		mark(BP_MARK_WORK);
	else
		put(MARKS, data, sizeof data);
}

static void take_frame(const uint8_t *frame)
{
	counter++;
	if ((frame[BP_AT_KIND] & BP_KIND_MASK) == BP_SEAL) {
		memcpy(&nonce, frame + BP_AT_NONCE, 8);
		mark(BP_MARK_SEALED);
		return;
	}
	fail_by_chance(seed_of(frame));
	sleep_until_ready(seed_of(frame));
	if (told_to("mute"))
		return;
	mark(BP_MARK_READY);
	delay("work");
	answer(frame);
}

static void read_go(void)
{
	static uint8_t frame[BP_LONG_FRAME_SIZE];
	static size_t got;
	/* Its length is known once its second byte is. */
	size_t size = got > BP_AT_KIND && frame[BP_AT_KIND] & BP_FLAG_LONG ? BP_LONG_FRAME_SIZE : BP_FRAME_SIZE;
	ssize_t count = read(GO, frame + got, size - got);
	if (count <= 0)
		_exit(0);
	got += count;
	if (frame[BP_AT_KIND] & BP_FLAG_LONG)
		size = BP_LONG_FRAME_SIZE;
	if (got == size) {
		got = 0;
		take_frame(frame);
	}
}

static void migration(const char *status)
{
	char line[200];
	snprintf(line, sizeof line,
		 "{\"timestamp\": {\"seconds\": 0, \"microseconds\": 0}, \"event\": \"MIGRATION\", "
		 "\"data\": {\"status\": \"%s\"}}",
		 status);
	say(line);
}

/* Saves the state by the command QEMU would run: the harness's quoting is tested with it. */
static void save(char *line)
{
	char *command = strstr(line, "exec:");
	char *end = command ? strstr(command, "\"}") : NULL;
	if (!end || told_to("no-save")) {
		migration("failed");
		return;
	}
	*end = 0;
	FILE *pipe = popen(command + strlen("exec:"), "w");
	fwrite(&nonce, sizeof nonce, 1, pipe);
	fwrite(&counter, sizeof counter, 1, pipe);
	migration(pclose(pipe) == 0 ? "completed" : "failed");
}

static void load(void)
{
	delay("load");
	if (told_to("no-load")) {
		fputs("fake-qemu: load of migration failed: Invalid argument\n", stderr);
		migration("failed");
		return;
	}
	if (read(STATE, &nonce, sizeof nonce) != sizeof nonce ||
	    read(STATE, &counter, sizeof counter) != sizeof counter) {
		fputs("fake-qemu: load of migration failed: Input/output error\n", stderr);
		_exit(1);
	}
	migration("completed");
}

static void reply(const char *line, const char *text)
{
	const char *id = strstr(line, "\"id\":");
	char out[256];
	snprintf(out, sizeof out, "{%s, \"id\": %d}", text, id ? atoi(id + 5) : 0);
	say(out);
}

static void obey(char *line)
{
	if (told_to("garble"))
		say("this is not JSON");
	if (told_to("refuse") && strstr(line, "\"migrate")) {
		reply(line, "\"error\": {\"class\": \"GenericError\", \"desc\": \"fake refusal\"}");
		return;
	}
	if (told_to("stay") && strstr(line, "\"quit\""))
		return;
	reply(line, "\"return\": {}");
	if (strstr(line, "\"quit\""))
		_exit(told_to("bad-exit") ? 3 : 0);
	if (strstr(line, "\"migrate-incoming\""))
		load();
	else if (strstr(line, "\"migrate\""))
		save(line);
}

static void read_monitor(void)
{
	static char buffer[8192];
	static size_t got;
	ssize_t count = read(MONITOR, buffer + got, sizeof buffer - 1 - got);
	if (count <= 0)
		_exit(0);
	got += count;
	buffer[got] = 0;
	char *line = buffer;
	for (char *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = 0;
		obey(line);
	}
	got -= line - buffer;
	memmove(buffer, line, got);
}

static void describe(const char *option, const char *value)
{
	if (!strcmp(option, "--version"))
		puts("QEMU emulator version 99.0.0 (fake)");
	else if (value && !strcmp(value, "help") && !strcmp(option, "-machine"))
		puts("Supported machines are:\nmicrovm fake\npc fake");
	else if (value && !strcmp(value, "help") && !strcmp(option, "-accel"))
		puts("Accelerators supported in QEMU binary:\ntcg");
	else if (value && !strcmp(value, "help") && !strcmp(option, "-L"))
		puts("/nonexistent");
	else
		return;
	exit(0);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		describe(argv[i], argv[i + 1]);
		if (!strcmp(argv[i], "-append"))
			orders = argv[i + 1];
		if (!strcmp(argv[i], "-incoming"))
			incoming = true;
	}
	if (told_to("crash"))
		abort();
	say("{\"QMP\": {\"version\": {}, \"capabilities\": []}}");
	if (!incoming)
		reach_base_point();
	struct pollfd polled[] = { { .fd = MONITOR, .events = POLLIN },
				   { .fd = GO, .events = POLLIN },
				   { .fd = order("console") ? CONSOLE : -1, .events = POLLIN } };
	for (;;) {
		poll(polled, 3, -1);
		/* the monitor first: a load must come before the go that follows it */
		if (polled[0].revents)
			read_monitor();
		else if (polled[1].revents)
			read_go();
		else if (polled[2].revents)
			read_console();
	}
}
