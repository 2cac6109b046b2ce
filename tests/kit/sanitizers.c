/* What the sanitizers should overlook in the test program itself. */

const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

/* Criterion's runner forgets a few bytes of its own at its end. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libcriterion\n";
}

/* The test program's last words are Criterion's summary. */
const char *
__lsan_default_options(void)
{
	return "print_suppressions=0";
}
