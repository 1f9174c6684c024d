/** Glance as a whole: its versions, schemas, and the routes of its images. */
import type { Call } from '../call.ts';
import { ok } from '../reply.ts';
import { route, type SiteRoute } from '../router.ts';
import { imageRoutes } from './images.ts';

/** Zed's; the newest first. */
const minors = [15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

export const versions = (call: Call) => ({
  versions: minors.map((minor, index) => ({
    id: `v2.${minor}`,
    status: index === 0 ? 'CURRENT' : 'SUPPORTED',
    links: [{ rel: 'self', href: `${call.endpoint}/v2/` }],
  })),
});

const string = { type: 'string' };
const orNull = { type: ['null', 'string'] };
const imageSchema = {
  name: 'image',
  properties: {
    id: {
      ...string,
      pattern: '^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$',
    },
    name: { type: ['null', 'string'], maxLength: 255 },
    status: {
      ...string,
      readOnly: true,
      enum: [
        'queued',
        'saving',
        'active',
        'killed',
        'deleted',
        'uploading',
        'importing',
        'pending_delete',
        'deactivated',
      ],
    },
    visibility: { ...string, enum: ['community', 'public', 'private', 'shared'] },
    protected: { type: 'boolean' },
    os_hidden: { type: 'boolean' },
    checksum: { ...orNull, readOnly: true, maxLength: 32 },
    os_hash_algo: { ...orNull, readOnly: true, maxLength: 64 },
    os_hash_value: { ...orNull, readOnly: true, maxLength: 128 },
    owner: { ...orNull, maxLength: 255 },
    size: { type: ['null', 'integer'], readOnly: true },
    virtual_size: { type: ['null', 'integer'], readOnly: true },
    container_format: { ...orNull },
    disk_format: { ...orNull },
    created_at: { ...string, readOnly: true },
    updated_at: { ...string, readOnly: true },
    tags: { type: 'array', items: { type: 'string', maxLength: 255 } },
    min_ram: { type: 'integer' },
    min_disk: { type: 'integer' },
    self: { ...string, readOnly: true },
    file: { ...string, readOnly: true },
    schema: { ...string, readOnly: true },
  },
  additionalProperties: { type: 'string' },
  links: [
    { rel: 'self', href: '{self}' },
    { rel: 'enclosure', href: '{file}' },
    { rel: 'describedby', href: '{schema}' },
  ],
};

/** Without `/v2`. */
export const imageRouteTable: readonly SiteRoute[] = [
  ...imageRoutes,
  route('GET /schemas/image', () => ok(imageSchema)),
  route('GET /schemas/images', () =>
    ok({
      name: 'images',
      properties: {
        images: { type: 'array', items: imageSchema },
        schema: string,
        first: string,
        next: string,
      },
      links: [
        { rel: 'first', href: '{first}' },
        { rel: 'next', href: '{next}' },
        { rel: 'describedby', href: '{schema}' },
      ],
    }),
  ),
  route('GET /info/import', () =>
    ok({ 'import-methods': { description: 'Import methods available.', type: 'array', value: [] } }),
  ),
];
