/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "broker/message.h"

_Static_assert(CERT_CN_MAX - 1 <= (int)BROKER_CERT_NAME_MAX &&
    CERT_NAME_MAX - 1 <= (int)BROKER_CERT_NAME_MAX,
    "the broker's protocol has room for every name of a certificate");

/* The port at the end of "address;port". */
static uint16_t
facts_port(const char *address)
{
	const char *text = address != NULL ? strrchr(address, ';') : NULL;
	unsigned long port;
	char *end;

	if (text == NULL || text[1] < '0' || text[1] > '9')
		return 0;
	port = strtoul(text + 1, &end, 10);
	return *end == '\0' && port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* The VM by this process's command line; it points into plugin. */
static struct request_vm
facts_vm(const struct plugin *plugin, const sasl_server_params_t *params)
{
	return (struct request_vm){
		.name = plugin->vm.name[0] != '\0' ? plugin->vm.name : NULL,
		.uuid = plugin->vm.uuid[0] != '\0' ? plugin->vm.uuid : NULL,
		.port = facts_port(params->iplocalport),
	};
}

/* The address in front of "address;port"; false, and "", if the program has set
 * none for libsasl2. */
static bool
facts_client(const sasl_server_params_t *params,
    char address_r[FACTS_ADDRESS_MAX])
{
	const char *text = params->ipremoteport;
	const char *end = text != NULL ? strrchr(text, ';') : NULL;

	address_r[0] = '\0';
	if (end == NULL || end - text >= FACTS_ADDRESS_MAX)
		return false;
	memcpy(address_r, text, (size_t)(end - text));
	address_r[end - text] = '\0';
	return true;
}

void
facts_begin(struct facts *facts_r, const struct attempt *attempt,
    const sasl_server_params_t *params)
{
	const struct plugin *plugin = attempt->decorated->plugin;

	memset(facts_r, 0, sizeof(*facts_r));
	facts_r->login = (struct request_login){
		.mechanism = attempt->decorated->stock->mech_name,
		.request = {
			.user = &attempt->user,
			.vm = facts_vm(plugin, params),
			.service = params->service,
			.client = facts_client(params, facts_r->client) ?
			    facts_r->client : NULL,
		},
	};
}

void
facts_find_certificate(struct facts *facts, const struct plugin *plugin,
    const sasl_server_params_t *params, const struct timespec *now)
{
	struct tls_peer *peer = &facts->peer;

	if (plugin->options.client_cert == TLS_PEER_OFF ||
	    params->iplocalport == NULL || params->ipremoteport == NULL)
		return;
	tls_peer_find(params->iplocalport, params->ipremoteport,
	    plugin->revocation, now, peer);
	if (!peer->certificate)
		return;
	for (size_t i = 0; i < peer->name_count; i++)
		facts->names[i] = peer->names[i];
	facts->login.request.certificate = (struct request_certificate){
		.cn = peer->cn[0] != '\0' ? peer->cn : NULL,
		.names = facts->names,
		.name_count = peer->name_count,
		.sha256 = peer->sha256,
	};
}

void
facts_find_local_user(struct facts *facts,
    const sasl_server_params_t *params)
{
	struct request *request = &facts->login.request;

	request->local_asked = true;
	if (params->iplocalport == NULL || params->ipremoteport == NULL)
		return;
	request->local = local_user_find(params->iplocalport,
	    params->ipremoteport, &facts->local_user);
	if (request->local == REQUEST_LOCAL_ACCOUNT) {
		request->local_user = facts->local_user.name;
		request->local_number = facts->local_user.number;
	}
}

void
facts_for_lookup(struct facts *facts_r, const struct attempt *attempt,
    const sasl_server_params_t *params)
{
	const struct plugin *plugin = attempt->decorated->plugin;
	struct timespec now;

	facts_begin(facts_r, attempt, params);
	if (!authority_lookup_decides(plugin->authority))
		return;
	now = clock_unix();
	facts_find_certificate(facts_r, plugin, params, &now);
}
