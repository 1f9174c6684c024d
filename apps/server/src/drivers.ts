/** The drivers that this server carries: the one line to add for a cloud. Each is imported at first use of its cloud. */
import type { Driver } from '@cloud-barista/driver/driver';

export const drivers: Record<string, () => Promise<{ driver: Driver }>> = {
  alibaba: () => import('@cloud-barista/driver-alibaba/open'),
  aws: () => import('@cloud-barista/driver-aws/open'),
  azure: () => import('@cloud-barista/driver-azure/open'),
  cloudit: () => import('@cloud-barista/driver-cloudit/open'),
  docker: () => import('@cloud-barista/driver-docker/open'),
  gcp: () => import('@cloud-barista/driver-gcp/open'),
  memory: () => import('@cloud-barista/driver-memory/open'),
  openstack: () => import('@cloud-barista/driver-openstack/open'),
};
