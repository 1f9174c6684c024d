/** Upstream's routes that are not served, and why. Each answers 501 with the reason, so that a client learns it and not just "Not Found". */
import { BaristaError } from '@cloud-barista/model/errors';
import type { Method, Since, SpiderRoute } from './route.ts';

export interface Unserved {
  what: string;
  why: string;
  since: Since;
  /** `METHOD /path`, as upstream writes it. A `*` stands for the rest. */
  routes: readonly string[];
}

const crud = (word: string) => [
  `POST /${word}`,
  `GET /${word}`,
  `GET /${word}/:Name`,
  `DELETE /${word}/:Name`,
];
const around = (word: string) => [
  `POST /reg${word}`,
  `DELETE /reg${word}/:Name`,
  `GET /all${word}`,
  `GET /all${word}info`,
  `DELETE /csp${word}/:Id`,
  `GET /count${word}`,
  `GET /count${word}/:ConnectionName`,
];

export const unserved: readonly Unserved[] = [
  {
    what: 'NLB',
    why: 'the connector has no network load balancers yet',
    since: 'newest',
    routes: [
      'GET /getnlbowner',
      'POST /getnlbowner',
      ...crud('nlb'),
      ...around('nlb'),
      'POST /nlb/:Name/vms',
      'DELETE /nlb/:Name/vms',
      'PUT /nlb/:Name/listener',
      'PUT /nlb/:Name/vmgroup',
      'PUT /nlb/:Name/healthchecker',
      'GET /nlb/:Name/health',
    ],
  },
  {
    what: 'Managed Kubernetes (PMKS)',
    why: 'the connector has no managed clusters',
    since: 'newest',
    routes: [
      'GET /getclusterowner',
      'POST /getclusterowner',
      ...crud('cluster'),
      ...around('cluster'),
      'GET /cluster/:Name/token',
      'POST /cluster/:Name/nodegroup',
      'DELETE /cluster/:Name/nodegroup/:NodeGroupName',
      'PUT /cluster/:Name/nodegroup/:NodeGroupName/onautoscaling',
      'PUT /cluster/:Name/nodegroup/:NodeGroupName/autoscalesize',
      'PUT /cluster/:Name/upgrade',
    ],
  },
  {
    what: 'Network interfaces (NIC)',
    why: 'an interface is made and released with its VM here',
    since: 'newest',
    routes: [
      'POST /regnic',
      'DELETE /regnic/:Name',
      ...crud('nic'),
      'PUT /nic/:Name/attach',
      'PUT /nic/:Name/detach',
      'POST /nic/:Name/privateip',
      'DELETE /nic/:Name/privateip/:IP',
      'GET /nic/:Name/osconfigscript',
      'GET /countnic',
      'GET /countnic/:ConnectionName',
    ],
  },
  {
    what: 'File systems (NAS)',
    why: 'the connector has no file systems',
    since: 'newest',
    routes: [
      ...crud('filesystem'),
      'POST /filesystem/:Name/accesssubnet',
      'GET /filesystem/:Name/accesssubnet',
      'DELETE /filesystem/:Name/accesssubnet',
    ],
  },
  {
    what: 'RDBMS',
    why: 'the connector has no managed databases',
    since: 'newest',
    routes: [
      'GET /getrdbmsowner',
      'POST /getrdbmsowner',
      ...crud('rdbms'),
      ...around('rdbms'),
      'POST /rdbms/:Name/databases',
      'GET /rdbms/:Name/databases',
      'DELETE /rdbms/:Name/databases/:DBName',
      'GET /rdbmsmetainfo',
      'GET /rdbmsengine',
      'GET /dbspec',
      'GET /dbspec/:Name',
      'GET /dborgspec',
      'GET /dborgspec/:Name',
    ],
  },
  {
    what: 'S3',
    why: 'the connector has no object storage',
    since: 'newest',
    routes: [
      'GET /s3',
      'GET /s3/*',
      'POST /s3/*',
      'PUT /s3/*',
      'DELETE /s3/*',
      'POST /regs3',
      'DELETE /regs3/:Name',
      'GET /alls3',
      'GET /alls3info',
      'DELETE /csps3/:Id',
      'GET /counts3',
      'GET /counts3/:ConnectionName',
    ],
  },
  {
    what: 'Quota',
    why: 'drivers don’t ask for quotas; what exceeds one is told when it does',
    since: 'newest',
    routes: ['GET /quotaservicetype', 'POST /quotaservicetype', 'GET /quotainfo', 'POST /quotainfo'],
  },
  {
    what: 'Monitoring by the cloud',
    why: 'metrics are the agent’s, the same on every cloud, not each cloud’s own',
    since: 'newest',
    routes: [
      'GET /monitoring/vm/:VMName/:MetricType',
      'GET /monitoring/clusternode/:ClusterName/:NodeGroupName/:NodeNumber/:MetricType',
    ],
  },
  {
    what: 'MC-Insight',
    why: 'it is a proxy to a service of upstream’s makers',
    since: 'newest',
    routes: [
      'GET /mcinsight/vm-image',
      'GET /mcinsight/vm-image/filters',
      'GET /mcinsight/vm-spec',
      'GET /mcinsight/vm-spec/filters',
      'GET /mcinsight/price-info',
      'GET /mcinsight/price-info/filters',
    ],
  },
  {
    what: 'AnyCall',
    why: 'what is called by it differs by cloud and by upstream’s driver: there is no contract to keep',
    since: 'newest',
    routes: ['POST /anycall', 'POST /spiderlet/anycall'],
  },
  {
    what: 'Upload of a driver',
    why: 'a driver is code that runs with the server’s rights: it is named by its path on the server (`POST /v1/drivers`)',
    since: 'newest',
    routes: ['POST /driver/upload'],
  },
  {
    what: 'UDP port check',
    why: 'a UDP port that says nothing can’t be told from an open one, and upstream calls it open',
    since: 'newest',
    routes: ['GET /check/udp'],
  },
  {
    what: 'System statistics',
    why: 'the host’s own tools tell them',
    since: 'newest',
    routes: ['GET /sysstats/system', 'GET /sysstats/usage'],
  },
  {
    what: 'AdminWeb’s data',
    why: 'they keep what upstream’s own pages show',
    since: 'newest',
    routes: [
      'GET /topology/layout',
      'GET /topology/layout/version',
      'POST /topology/layout',
      'DELETE /topology/layout',
      'GET /vm/imagespecrecent',
      'DELETE /vm/imagespecrecent',
      'POST /vm/imagespecrecent/bulk',
      'GET /vm/imagespecfavorite',
      'POST /vm/imagespecfavorite',
      'POST /vm/imagespecfavorite/bulk',
      'DELETE /vm/imagespecfavorite',
    ],
  },
  {
    what: 'AdminWeb',
    why: 'its pages are upstream’s own; its API is what they call, and /api shows it',
    since: '2020',
    routes: ['GET /adminweb', 'GET /adminweb/*', 'POST /adminweb/*', 'GET /adminweb1', 'GET /adminweb1/'],
  },
];

export const unservedRoutes: readonly SpiderRoute[] = unserved.flatMap(({ what, why, since, routes }) =>
  routes.map((line): SpiderRoute => {
    const [method = '', path = ''] = line.split(' ');
    return {
      method: method as Method,
      path,
      since,
      summary: what,
      answer() {
        throw new BaristaError('unimplemented', `${what}: not served here, for ${why}.`, {
          next: 'See docs/compatibility.md.',
        });
      },
    };
  }),
);
