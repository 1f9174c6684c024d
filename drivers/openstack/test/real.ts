/**
 * For tests: a real OpenStack, named by environment variables (those of `./barista lab openstack`, or any cloud's own). What it
 * holds is counted by plain requests, beside the driver.
 *
 *   BARISTA_TEST_OPENSTACK_AUTH_URL   Keystone; without it this cloud is not judged
 *   …_USERNAME, _PASSWORD, _PROJECT   the user; _DOMAIN (Default), _REGION (RegionOne)
 *   …_IMAGE, _FLAVOR                  names of what VMs are made with; else the first image and the least flavor
 *   …_NAME                            what it is, as the matrix shall say it, e.g. `Zed`
 *   …_VMS_AT_ONCE                     how many VMs it bears at once; default 5
 *   …_TIMEOUT_S                       how long a VM may take to come up; default 300
 */
import assert from 'node:assert/strict';
import type { CloudConfig } from '@cloud-barista/driver/driver';
import type { Subject } from '@cloud-barista/suite/driver/subject';
import { choose, nowhere } from '@cloud-barista/suite/driver/twin';
import { driver } from '../src/open.ts';

const given = (key: string): string | undefined => process.env[`BARISTA_TEST_OPENSTACK_${key}`] || undefined;

/** As the suite is to be called; undefined where no real cloud is named. */
export const realName =
  given('AUTH_URL') === undefined ? undefined : `openstack on ${given('NAME') ?? 'a real cloud'}`;

interface Token {
  token: {
    project: { id: string };
    catalog: { type: string; endpoints: { interface: string; url: string }[] }[];
  };
}

/** Counts by a session of its own, which lasts as long as the cloud's tokens do. */
async function counter(authUrl: string, auth: unknown): Promise<() => Promise<Record<string, number>>> {
  const answer = await fetch(`${authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth }),
  });
  assert.equal(answer.status, 201, `${authUrl} takes the user: ${answer.status}`);
  const headers = { 'x-auth-token': answer.headers.get('x-subject-token') ?? '' };
  const { token } = (await answer.json()) as Token;
  const base = (type: string): string | undefined =>
    token.catalog.find(one => one.type === type)?.endpoints.find(one => one.interface === 'public')?.url;
  const network = `${base('network')?.replace(/\/v2\.0\/?$/, '')}/v2.0`;
  const volumes = base('volumev3') ?? base('block-storage');
  const own = `project_id=${token.project.id}`;

  async function list(url: string, key: string): Promise<Record<string, unknown>[]> {
    const response = await fetch(url, { headers });
    assert.ok(response.ok, `${url}: ${response.status}`);
    return ((await response.json()) as Record<string, Record<string, unknown>[]>)[key] ?? [];
  }
  return async () => {
    const [servers, keys, networks, subnets, routers, ports, ips, groups, disks] = await Promise.all([
      list(`${base('compute')}/servers?limit=1000`, 'servers'),
      list(`${base('compute')}/os-keypairs`, 'keypairs'),
      list(`${network}/networks?${own}`, 'networks'),
      list(`${network}/subnets?${own}`, 'subnets'),
      list(`${network}/routers?${own}`, 'routers'),
      list(`${network}/ports?${own}`, 'ports'),
      list(`${network}/floatingips?${own}`, 'floatingips'),
      list(`${network}/security-groups?${own}`, 'security_groups'),
      volumes === undefined ? [] : list(`${volumes}/volumes`, 'volumes'),
    ]);
    return {
      vms: servers.length,
      keyPairs: keys.length,
      networks: networks.length,
      subnets: subnets.length,
      routers: routers.length,
      // Those of DHCP come and go with the subnets, when Neutron likes.
      ports: ports.filter(port => port['device_owner'] !== 'network:dhcp').length,
      floatingIps: ips.length,
      // Every project's default one is made when the project is first asked about groups.
      securityGroups: groups.filter(group => group['name'] !== 'default').length,
      volumes: disks.length,
    };
  };
}

export async function openReal(): Promise<Subject> {
  const authUrl = given('AUTH_URL') ?? '';
  const [username = '', password = '', project = '', domain = 'Default'] = [
    given('USERNAME'),
    given('PASSWORD'),
    given('PROJECT'),
    given('DOMAIN'),
  ];
  const credential = { authUrl, username, password, project, domain };
  const region = { region: given('REGION') ?? 'RegionOne' };
  const config: CloudConfig = { credential, region };
  const count = await counter(authUrl.replace(/\/+$/, ''), {
    identity: {
      methods: ['password'],
      password: { user: { name: username, domain: { name: domain }, password } },
    },
    scope: { project: { name: project, domain: { name: domain } } },
  });
  const timeoutMs = Number(given('TIMEOUT_S') ?? 300) * 1000;
  return {
    driver,
    config,
    ...(await choose(driver, config, timeoutMs, { image: given('IMAGE'), spec: given('FLAVOR') })),
    badCredential: { ...config, credential: { ...credential, password: 'not-the-password' } },
    unreachable: {
      ...config,
      credential: { ...credential, authUrl: `${await nowhere()}/v3` },
    },
    unknownRegion: { ...config, region: { region: 'Nowhere' } },
    count,
    pollMs: 1000,
    timeoutMs,
    vmsAtOnce: Number(given('VMS_AT_ONCE') ?? 5),
    close: async () => {},
  };
}
