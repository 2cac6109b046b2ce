/* What the sanitizers should overlook in the test program itself. */

const char *__lsan_default_suppressions(void);

/* Criterion's runner forgets a few bytes of its own at its end. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libcriterion\n";
}
