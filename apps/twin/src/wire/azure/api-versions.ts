/** The api-versions that each resource type is answered in. Source: Azure REST API reference, its specifications' folders. */
import { ArmError, badRequest } from './errors.ts';

const list = (text: string): readonly string[] => text.trim().split(/\s+/).toReversed();

const resources =
  list(`2014-04-01 2015-01-01 2015-11-01 2016-02-01 2016-06-01 2016-07-01 2016-09-01 2017-05-10
  2018-01-01 2018-02-01 2018-05-01 2018-08-01 2018-11-01 2019-03-01 2019-05-01 2019-05-10 2019-06-01 2019-07-01
  2019-08-01 2019-09-01 2019-10-01 2019-11-01 2020-01-01 2020-05-01 2020-06-01 2020-08-01 2020-09-01 2020-10-01
  2021-01-01 2021-04-01 2022-01-01 2022-05-01 2022-09-01 2022-12-01 2023-07-01 2023-08-01 2024-03-01 2024-07-01
  2024-08-01 2024-11-01 2025-03-01 2025-04-01`);
const compute = list(`2015-06-15 2016-03-30 2016-08-30 2017-03-30 2017-12-01 2018-04-01 2018-06-01 2018-10-01
  2019-03-01 2019-07-01 2019-12-01 2020-06-01 2020-12-01 2021-03-01 2021-04-01 2021-07-01 2021-11-01 2022-03-01
  2022-08-01 2022-11-01 2023-03-01 2023-07-01 2023-09-01 2024-03-01 2024-07-01 2024-11-01 2025-04-01`);
const disks =
  list(`2016-04-30-preview 2017-03-30 2018-04-01 2018-06-01 2018-09-30 2019-03-01 2019-07-01 2019-11-01
  2020-05-01 2020-06-30 2020-09-30 2020-12-01 2021-04-01 2021-08-01 2021-12-01 2022-03-02 2022-07-02 2023-01-02
  2023-04-02 2023-10-02 2024-03-02 2025-01-02`);
const galleries =
  list(`2018-06-01 2019-03-01 2019-07-01 2019-12-01 2020-09-30 2021-07-01 2021-10-01 2022-01-03 2022-03-03
  2022-08-03 2023-07-03 2024-03-03`);
const skus = list('2017-03-30 2017-09-01 2019-04-01 2021-07-01');
const network = list(`2015-06-15 2016-03-30 2016-06-01 2016-09-01 2016-12-01 2017-03-01 2017-06-01 2017-08-01
  2017-09-01 2017-10-01 2017-11-01 2018-01-01 2018-02-01 2018-04-01 2018-06-01 2018-07-01 2018-08-01 2018-10-01
  2018-11-01 2018-12-01 2019-02-01 2019-04-01 2019-06-01 2019-07-01 2019-08-01 2019-09-01 2019-11-01 2019-12-01
  2020-03-01 2020-04-01 2020-05-01 2020-06-01 2020-07-01 2020-08-01 2020-11-01 2021-02-01 2021-03-01 2021-05-01
  2021-08-01 2022-01-01 2022-05-01 2022-07-01 2022-09-01 2022-11-01 2023-02-01 2023-04-01 2023-05-01 2023-06-01
  2023-09-01 2023-11-01 2024-01-01 2024-03-01 2024-05-01 2024-07-01 2024-10-01 2025-01-01`);

/** By `namespace/type` in lower case; the types of one namespace that are not named share its own list. */
const byType: Readonly<Record<string, readonly string[]>> = {
  'microsoft.compute': compute,
  'microsoft.compute/disks': disks,
  'microsoft.compute/snapshots': disks,
  'microsoft.compute/galleries': galleries,
  'microsoft.compute/skus': skus,
  // Where an operation is asked after, whoever began it.
  'microsoft.compute/locations': [...compute, ...disks, ...galleries],
  'microsoft.network': network,
  'microsoft.resources': resources,
};

export const versionsOf = (namespace: string, type: string): readonly string[] | undefined =>
  byType[`${namespace}/${type}`.toLowerCase()] ?? byType[namespace.toLowerCase()];

/** `place` is where in the path the provider stood, if it had one. */
export function checkVersion(
  version: string | undefined,
  provider: { namespace: string; type: string } | undefined,
  locations: readonly string[],
): string {
  if (version === undefined || version === '')
    throw badRequest(
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  if (!/^\d{4}-\d{2}-\d{2}(-[a-z]+)?$/i.test(version))
    throw badRequest(
      'InvalidApiVersionParameter',
      `The api-version '${version}' is invalid. The supported versions are '${resources.join(',')}'.`,
    );
  if (!provider) {
    if (resources.includes(version)) return version;
    throw badRequest(
      'InvalidApiVersionParameter',
      `The api-version '${version}' is invalid. The supported versions are '${resources.join(',')}'.`,
    );
  }
  const { namespace, type } = provider;
  const known = versionsOf(namespace, type);
  if (!known)
    throw new ArmError(404, 'InvalidResourceNamespace', `The resource namespace '${namespace}' is invalid.`);
  if (known.includes(version.toLowerCase())) return version;
  throw badRequest(
    'NoRegisteredProviderFound',
    `No registered resource provider found for location '${locations[0] ?? ''}' and API version '${version}' for type '${type}'. The supported api-versions are '${known.join(', ')}'. The supported locations are '${locations.join(', ')}'.`,
  );
}
