#include <criterion/criterion.h>

#include "proto/wire/network.h"

static const char *
canonical(const char *text)
{
	static char out[NETWORK_TEXT_BYTES];
	struct network network;

	if (!network_parse(span_of(text), &network))
		return "none";
	return network_format(&network, out);
}

static bool
contains(const char *text, const char *address)
{
	struct network network, one;

	cr_assert(network_parse(span_of(text), &network), "%s", text);
	cr_assert(network_parse(span_of(address), &one), "%s", address);
	cr_assert_eq(one.bits, NETWORK_BITS_MAX);
	return network_contains(&network, one.bytes);
}

Test(wire_network, text_of_a_network_is_the_one_that_people_know)
{
	static const char *const texts[][2] = {
	    {"192.0.2.7", "192.0.2.7"},
	    {"192.0.2.7/32", "192.0.2.7"},
	    {"192.0.2.7/24", "192.0.2.0/24"},
	    {"192.0.2.255/25", "192.0.2.128/25"},
	    {"255.255.255.255/0", "0.0.0.0/0"},
	    {"::ffff:192.0.2.7", "192.0.2.7"},
	    {"::ffff:192.0.2.7/120", "192.0.2.0/24"},
	    {"::ffff:0:0/96", "0.0.0.0/0"},
	    {"::ffff:0:0/95", "::fffe:0:0/95"},
	    {"::1", "::1"},
	    {"::1/128", "::1"},
	    {"::", "::"},
	    {"::1/0", "::/0"},
	    {"2001:DB8:0:0::7/32", "2001:db8::/32"},
	    {"2001:db8:ffff::/33", "2001:db8:8000::/33"},
	    {"1111:2222:3333:4444:5555:6666:255.255.255.255/127",
		"1111:2222:3333:4444:5555:6666:ffff:fffe/127"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *text = canonical(texts[i][0]);

		cr_assert_str_eq(text, texts[i][1], "%s", text);
		cr_assert_str_eq(canonical(texts[i][1]), texts[i][1]);
	}
}

Test(wire_network, text_that_is_no_network_is_refused)
{
	static const char *const texts[] = {"", "/", "/8", "192.0.2",
	    "192.0.2.", "192.0.2.256", "192.0.2.7 ", " 192.0.2.7", "192.0.2.7/",
	    "192.0.2.7/33", "192.0.2.7/-1", "192.0.2.7/+8", "192.0.2.7/08",
	    "192.0.2.7/8 ", "192.0.2.7/8/8", "192.0.2.7/255.0.0.0",
	    "192.0.2.07", "0x7f.0.0.1", "127.1", "::1/129", "::1/1280",
	    ":::", "::1%lo", "fe80::1%1/64", "[::1]", "::1/x", "ann", "::g",
	    "1111:2222:3333:4444:5555:6666:7777:8888:9999",
	    "0000000000000000000000000000000000000000000000000000000::1"};
	struct network network;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_assert_not(
		    network_parse(span_of(texts[i]), &network), "%s", texts[i]);
	cr_assert_not(network_parse((struct span){"::1\0x", 5}, &network));
	/* A span ends where it ends. */
	cr_assert(network_parse((struct span){"::1x", 3}, &network));
}

Test(wire_network, network_contains_its_addresses_and_no_others)
{
	cr_assert(contains("192.0.2.7", "192.0.2.7"));
	cr_assert_not(contains("192.0.2.7", "192.0.2.6"));
	cr_assert(contains("192.0.2.0/24", "192.0.2.255"));
	cr_assert_not(contains("192.0.2.0/24", "192.0.3.0"));
	cr_assert(contains("192.0.2.4/30", "192.0.2.7"));
	cr_assert_not(contains("192.0.2.4/30", "192.0.2.8"));
	cr_assert(contains("0.0.0.0/0", "255.1.2.3"));
	cr_assert_not(contains("0.0.0.0/0", "::1"));
	cr_assert(contains("2001:db8::/32", "2001:db8:1::1"));
	cr_assert_not(contains("2001:db8::/32", "2001:db9::"));
	cr_assert_not(contains("::1", "0.0.0.1"));
	cr_assert(contains("::ffff:192.0.2.0/120", "192.0.2.1"));
	cr_assert(contains("::/0", "192.0.2.1"));
	cr_assert(contains("::/0", "2001:db8::1"));
}

Test(wire_network, network_around_an_address_has_so_many_bits_of_it)
{
	const uint8_t address[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	for (unsigned bits = 0; bits <= NETWORK_BITS_MAX; bits++) {
		struct network network = network_around(address, bits);
		unsigned ones = 0;

		for (size_t i = 0; i < 16; i++)
			ones += (unsigned)__builtin_popcount(network.bytes[i]);
		cr_assert_eq(ones, bits);
		cr_assert_eq(network.bits, bits);
		cr_assert(network_contains(&network, address));
	}
}
