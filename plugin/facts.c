/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/facts.h"

#include <string.h>

void
facts_begin(struct facts *facts_r, const struct login *login,
    const sasl_server_params_t *params)
{
	const struct plugin *plugin = login->decorated->plugin;

	memset(facts_r, 0, sizeof(*facts_r));
	facts_r->login = (struct authority_login){
		.mechanism = login->decorated->stock->mech_name,
		.request = {
			.user = login->canonical ? &login->user : NULL,
			.vm = plugin_vm(plugin, params),
			.service = params->service,
			.client = plugin_client(params, facts_r->client) ?
			    facts_r->client : NULL,
		},
	};
}

void
facts_find_certificate(struct facts *facts, const struct plugin *plugin,
    const sasl_server_params_t *params)
{
	struct tls_peer *peer = &facts->peer;

	if (plugin->options.client_cert == TLS_PEER_OFF ||
	    params->iplocalport == NULL || params->ipremoteport == NULL)
		return;
	tls_peer_find(params->iplocalport, params->ipremoteport,
	    plugin->revocation, peer);
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
facts_for_lookup(struct facts *facts_r, const struct login *login,
    const sasl_server_params_t *params)
{
	const struct plugin *plugin = login->decorated->plugin;

	facts_begin(facts_r, login, params);
	if (authority_lookup_decides(plugin->authority))
		facts_find_certificate(facts_r, plugin, params);
}
