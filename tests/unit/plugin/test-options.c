/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include <unistd.h>

#include "plugin/options.h"

/* A configuration: "key: value" pairs one after the other, NULL at the end. */
static int
fake_getopt(void *context, const char *plugin, const char *option,
    const char **result, unsigned int *length)
{
	const char *const *pair = context;

	(void)plugin;
	(void)length;
	for (; *pair != NULL; pair += 2) {
		if (strcmp(pair[0], option) == 0) {
			*result = pair[1];
			return SASL_OK;
		}
	}
	return SASL_FAIL;
}

static struct options
read_all(const char *const *configuration)
{
	sasl_utils_t utils = { .getopt = fake_getopt,
	    .getopt_context = (void *)(uintptr_t)configuration };
	struct options options;

	options_read(&options, &utils);
	return options;
}

static bool
names_us(const char *option, const char *value)
{
	const char *const configuration[] = { option, value, NULL };
	sasl_utils_t utils = { .getopt = fake_getopt,
	    .getopt_context = (void *)(uintptr_t)configuration };

	return options_name_us(&utils);
}

static void
is_named(void **state)
{
	(void)state;
	assert_true(names_us("auxprop_plugin", "vmauthz"));
	assert_true(names_us("auxprop_plugin", "sasldb vmauthz"));
	assert_true(names_us("auxprop_plugin", "  VMAUTHZ "));
	assert_true(names_us("canon_user_plugin", "vmauthz"));
	assert_false(names_us("auxprop_plugin", ""));
	assert_false(names_us("auxprop_plugin", "sasldb"));
	assert_false(names_us("auxprop_plugin", "vmauthz2"));
	assert_false(names_us("auxprop_plugin", "novmauthz"));
	assert_false(names_us("canon_user_plugin", "INTERNAL"));
	assert_false(names_us("mech_list", "vmauthz"));
	assert_false(names_us("vmauthz_policy", "/vmauthz"));
}

static void
has_defaults(void **state)
{
	const char *const none[] = { NULL };
	struct options options = read_all(none);
	char host[256] = "";

	(void)state;
	gethostname(host, sizeof(host) - 1);
	assert_string_equal(options.error, "");
	assert_non_null(strstr(options.policy, "/vmauthz/policy.db"));
	assert_string_equal(options.default_realm, host);
	assert_int_equal(options.client_cert, TLS_PEER_REQUEST);
	assert_string_equal(options.crl, "");
	assert_string_equal(options.broker, "");
	assert_int_equal(options.broker_timeout, 3000);
	assert_true(options.require_tls);
	assert_false(options.observe);
	assert_false(options.local_passwords);
}

static void
takes_values(void **state)
{
	const char *const all[] = { "vmauthz_policy", "/srv/p.db",
	    "vmauthz_default_realm", "Example.ORG", "vmauthz_client_cert",
	    "require", "vmauthz_require_tls", "no", "vmauthz_mode", "Observe",
	    "vmauthz_crl", "/srv/crl.pem", NULL };
	const char *const off[] = { "vmauthz_client_cert", "OFF", NULL };
	struct options options = read_all(all);

	(void)state;
	assert_string_equal(options.error, "");
	assert_string_equal(options.policy, "/srv/p.db");
	assert_string_equal(options.default_realm, "Example.ORG");
	assert_int_equal(options.client_cert, TLS_PEER_REQUIRE);
	assert_false(options.require_tls);
	assert_true(options.observe);
	assert_string_equal(options.crl, "/srv/crl.pem");
	assert_int_equal(read_all(off).client_cert, TLS_PEER_OFF);
}

/* An error names the option and the value, and opens no door. */
static void
refuses_values(void **state)
{
	static const char *const bad[][3] = {
		{ "vmauthz_policy", "policy.db", NULL },
		{ "vmauthz_policy", "", NULL },
		{ "vmauthz_default_realm", "", NULL },
		{ "vmauthz_default_realm", "exa mple", NULL },
		{ "vmauthz_default_realm", "a@b", NULL },
		{ "vmauthz_client_cert", "maybe", NULL },
		{ "vmauthz_client_cert", "", NULL },
		{ "vmauthz_client_cert", "requires", NULL },
		{ "vmauthz_mode", "observing", NULL },
		{ "vmauthz_mode", "", NULL },
		{ "vmauthz_mode", "off", NULL },
		{ "vmauthz_crl", "crl.pem", NULL },
		{ "vmauthz_crl", "", NULL },
		{ "vmauthz_crl", "file:///srv/crl.pem", NULL },
		{ "vmauthz_require_tls", "maybe", NULL },
		{ "vmauthz_require_tls", "", NULL },
		{ "vmauthz_require_tls", "0", NULL },
		{ "vmauthz_broker", "run/vmauthz/broker", NULL },
		{ "vmauthz_broker", "", NULL },
		{ "vmauthz_broker_timeout", "3000", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct options options = read_all(bad[i]);

		TITLE(options.error);
		assert_non_null(strstr(options.error, bad[i][0]));
		assert_non_null(strstr(options.error, bad[i][1]));
		assert_true(options.require_tls);
		assert_false(options.observe);
	}
}

static void
takes_a_broker(void **state)
{
	const char *const all[] = { "vmauthz_broker", "/run/vmauthz/broker",
	    "vmauthz_broker_timeout", "250", "pwcheck_method", "saslauthd",
	    "vmauthz_mode", "enforce", NULL };
	struct options options = read_all(all);

	(void)state;
	assert_string_equal(options.error, "");
	assert_string_equal(options.broker, "/run/vmauthz/broker");
	assert_int_equal(options.broker_timeout, 250);
	assert_string_equal(options.policy, "");
	assert_false(options.local_passwords);
}

/* What a broker doesn't go together with; the error names it and the value,
 * and the broker where that is the reason. */
static void
refuses_beside_a_broker(void **state)
{
	static const struct {
		const char *option, *value, *named;
	} bad[] = {
		{ "vmauthz_policy", "/etc/vmauthz/policy.db",
		    "vmauthz_broker" },
		{ "vmauthz_mode", "observe", "vmauthz_broker" },
		{ "vmauthz_broker_timeout", "", "100 to 30000" },
		{ "vmauthz_broker_timeout", "99", "100 to 30000" },
		{ "vmauthz_broker_timeout", "30001", "100 to 30000" },
		{ "vmauthz_broker_timeout", "-250", "100 to 30000" },
		{ "vmauthz_broker_timeout", " 250", "100 to 30000" },
		{ "vmauthz_broker_timeout", "3s", "100 to 30000" },
		{ "vmauthz_broker_timeout", "0x100", "100 to 30000" },
		{ "vmauthz_broker_timeout", "99999999999999999999",
		    "100 to 30000" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *const configuration[] = { bad[i].option,
		    bad[i].value, "vmauthz_broker", "/run/vmauthz/broker",
		    NULL };
		struct options options = read_all(configuration);

		TITLE(options.error);
		assert_non_null(strstr(options.error, bad[i].option));
		assert_non_null(strstr(options.error, bad[i].value));
		assert_non_null(strstr(options.error, bad[i].named));
		assert_false(options.observe);
		assert_string_equal(options.policy, "");
	}
}

static void
bounds_values(void **state)
{
	char path[PATH_MAX + 2] = "/", realm[IDENTITY_MAX + 1];
	const char *const long_path[] = { "vmauthz_policy", path, NULL };
	const char *const long_crl[] = { "vmauthz_crl", path, NULL };
	char broker[OPTIONS_BROKER_MAX + 1] = "/";
	const char *const long_broker[] = { "vmauthz_broker", broker, NULL };
	const char *const long_realm[] = { "vmauthz_default_realm", realm,
	    NULL };

	(void)state;
	memset(path + 1, 'p', sizeof(path) - 2);
	path[sizeof(path) - 1] = '\0';
	memset(realm, 'r', sizeof(realm) - 1);
	realm[sizeof(realm) - 1] = '\0';
	assert_string_not_equal(read_all(long_path).error, "");
	assert_string_equal(read_all(long_path).policy, "");
	assert_string_not_equal(read_all(long_crl).error, "");
	assert_string_equal(read_all(long_crl).crl, "");
	assert_string_not_equal(read_all(long_realm).error, "");
	memset(broker + 1, 'b', OPTIONS_BROKER_MAX - 1);
	assert_string_not_equal(read_all(long_broker).error, "");
	assert_string_equal(read_all(long_broker).broker, "");
	broker[OPTIONS_BROKER_MAX - 1] = '\0';
	assert_string_equal(read_all(long_broker).error, "");
	assert_string_equal(read_all(long_broker).broker, broker);
}

static void
knows_local_passwords(void **state)
{
	static const struct {
		const char *method;
		bool local;
	} rows[] = {
		{ "auxprop", false }, { "auxprop-hashed auxprop", false },
		{ "AUXPROP", false }, { "", false }, { "saslauthd", true },
		{ "auxprop saslauthd", true }, { "auxprop,saslauthd", true },
		{ "pwcheck", true }, { "auxprop2", true }, { "auxp", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *const configuration[] = { "pwcheck_method",
		    rows[i].method, NULL };

		TITLE(rows[i].method);
		assert_int_equal(read_all(configuration).local_passwords,
		    rows[i].local);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_named),
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(takes_values),
		cmocka_unit_test(refuses_values),
		cmocka_unit_test(takes_a_broker),
		cmocka_unit_test(refuses_beside_a_broker),
		cmocka_unit_test(bounds_values),
		cmocka_unit_test(knows_local_passwords),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
