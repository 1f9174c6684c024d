/**
 * The table of VM sizes, family by family: figures as "Sizes for virtual machines in Azure" and Resource Skus – List have
 * them, and what an hour of Linux cost in eastus as published in 2025, in US dollars.
 */
import type { Size } from './sizes.ts';

export interface Family {
  /** As quotas are counted. */
  readonly name: string;
  /** As the price list calls the product. */
  readonly series: string;
  readonly common?: Partial<Size>;
  readonly sizes: readonly (readonly [
    name: string,
    vcpus: number,
    memoryGb: number,
    maxDataDisks: number,
    maxNics: number,
    temporaryGb: number,
    usdPerHour: number,
    gpus?: number,
  ])[];
}

const second: Partial<Size> = { generations: ['V2'] };
const arm: Partial<Size> = { architecture: 'Arm64', ...second };

export const families: readonly Family[] = [
  {
    name: 'standardAv2Family',
    series: 'Av2',
    common: { generations: ['V1'], premium: false, accelerated: false },
    sizes: [
      ['A1_v2', 1, 2, 2, 2, 10, 0.043],
      ['A2_v2', 2, 4, 4, 2, 20, 0.091],
      ['A4_v2', 4, 8, 8, 4, 40, 0.191],
      ['A8_v2', 8, 16, 16, 8, 80, 0.4],
    ],
  },
  {
    name: 'standardBSFamily',
    series: 'BS',
    common: { accelerated: false, burstable: true },
    sizes: [
      ['B1ls', 1, 0.5, 2, 2, 4, 0.0052],
      ['B1s', 1, 1, 2, 2, 4, 0.0104],
      ['B1ms', 1, 2, 2, 2, 4, 0.0207],
      ['B2s', 2, 4, 4, 3, 8, 0.0416],
      ['B2ms', 2, 8, 4, 3, 16, 0.0832],
      ['B4ms', 4, 16, 8, 4, 32, 0.166],
      ['B8ms', 8, 32, 16, 4, 64, 0.333],
      ['B12ms', 12, 48, 16, 6, 96, 0.499],
      ['B16ms', 16, 64, 32, 8, 128, 0.666],
      ['B20ms', 20, 80, 32, 8, 160, 0.832],
    ],
  },
  {
    name: 'standardBsv2Family',
    series: 'Bsv2',
    common: { burstable: true },
    sizes: [
      ['B2ts_v2', 2, 1, 4, 2, 0, 0.0104],
      ['B2ls_v2', 2, 4, 4, 2, 0, 0.0416],
      ['B2s_v2', 2, 8, 4, 2, 0, 0.0832],
      ['B4ls_v2', 4, 8, 8, 2, 0, 0.149],
      ['B4s_v2', 4, 16, 8, 2, 0, 0.166],
      ['B8s_v2', 8, 32, 16, 2, 0, 0.333],
      ['B16s_v2', 16, 64, 32, 4, 0, 0.666],
    ],
  },
  {
    name: 'standardBasv2Family',
    series: 'Basv2',
    common: { burstable: true },
    sizes: [
      ['B2ats_v2', 2, 1, 4, 2, 0, 0.0094],
      ['B2als_v2', 2, 4, 4, 2, 0, 0.0376],
      ['B2as_v2', 2, 8, 4, 2, 0, 0.0752],
      ['B4as_v2', 4, 16, 8, 2, 0, 0.15],
      ['B8as_v2', 8, 32, 16, 2, 0, 0.301],
    ],
  },
  {
    name: 'standardBpsv2Family',
    series: 'Bpsv2',
    common: { burstable: true, ...arm },
    sizes: [
      ['B2pts_v2', 2, 1, 4, 2, 0, 0.0084],
      ['B2pls_v2', 2, 4, 4, 2, 0, 0.0336],
      ['B2ps_v2', 2, 8, 4, 2, 0, 0.0672],
      ['B4ps_v2', 4, 16, 8, 2, 0, 0.134],
    ],
  },
  {
    name: 'standardDSv2Family',
    series: 'DSv2',
    sizes: [
      ['DS1_v2', 1, 3.5, 4, 2, 7, 0.073],
      ['DS2_v2', 2, 7, 8, 2, 14, 0.146],
      ['DS3_v2', 4, 14, 16, 4, 28, 0.293],
      ['DS4_v2', 8, 28, 32, 8, 56, 0.585],
      ['DS5_v2', 16, 56, 64, 8, 112, 1.17],
    ],
  },
  {
    name: 'standardDSv3Family',
    series: 'DSv3',
    sizes: [
      ['D2s_v3', 2, 8, 4, 2, 16, 0.096],
      ['D4s_v3', 4, 16, 8, 2, 32, 0.192],
      ['D8s_v3', 8, 32, 16, 4, 64, 0.384],
      ['D16s_v3', 16, 64, 32, 8, 128, 0.768],
      ['D32s_v3', 32, 128, 32, 8, 256, 1.536],
    ],
  },
  {
    name: 'standardDSv5Family',
    series: 'Dsv5',
    sizes: [
      ['D2s_v5', 2, 8, 4, 2, 0, 0.096],
      ['D4s_v5', 4, 16, 8, 2, 0, 0.192],
      ['D8s_v5', 8, 32, 16, 4, 0, 0.384],
      ['D16s_v5', 16, 64, 32, 8, 0, 0.768],
      ['D32s_v5', 32, 128, 32, 8, 0, 1.536],
      ['D48s_v5', 48, 192, 32, 8, 0, 2.304],
      ['D64s_v5', 64, 256, 32, 8, 0, 3.072],
    ],
  },
  {
    name: 'standardDDSv5Family',
    series: 'Ddsv5',
    sizes: [
      ['D2ds_v5', 2, 8, 4, 2, 75, 0.113],
      ['D4ds_v5', 4, 16, 8, 2, 150, 0.226],
      ['D8ds_v5', 8, 32, 16, 4, 300, 0.452],
    ],
  },
  {
    name: 'standardDASv5Family',
    series: 'Dasv5',
    sizes: [
      ['D2as_v5', 2, 8, 4, 2, 0, 0.086],
      ['D4as_v5', 4, 16, 8, 2, 0, 0.172],
      ['D8as_v5', 8, 32, 16, 4, 0, 0.344],
      ['D16as_v5', 16, 64, 32, 8, 0, 0.688],
    ],
  },
  {
    name: 'standardDPSv5Family',
    series: 'Dpsv5',
    common: arm,
    sizes: [
      ['D2ps_v5', 2, 8, 4, 2, 0, 0.077],
      ['D4ps_v5', 4, 16, 8, 2, 0, 0.154],
      ['D8ps_v5', 8, 32, 16, 4, 0, 0.308],
    ],
  },
  {
    name: 'standardESv5Family',
    series: 'Esv5',
    sizes: [
      ['E2s_v5', 2, 16, 4, 2, 0, 0.126],
      ['E4s_v5', 4, 32, 8, 2, 0, 0.252],
      ['E8s_v5', 8, 64, 16, 4, 0, 0.504],
      ['E16s_v5', 16, 128, 32, 8, 0, 1.008],
      ['E32s_v5', 32, 256, 32, 8, 0, 2.016],
    ],
  },
  {
    name: 'standardEASv5Family',
    series: 'Easv5',
    sizes: [
      ['E2as_v5', 2, 16, 4, 2, 0, 0.113],
      ['E4as_v5', 4, 32, 8, 2, 0, 0.226],
    ],
  },
  {
    name: 'standardFSv2Family',
    series: 'FSv2',
    sizes: [
      ['F2s_v2', 2, 4, 4, 2, 16, 0.0846],
      ['F4s_v2', 4, 8, 8, 2, 32, 0.169],
      ['F8s_v2', 8, 16, 16, 4, 64, 0.338],
      ['F16s_v2', 16, 32, 32, 4, 128, 0.677],
    ],
  },
  {
    name: 'standardLSv3Family',
    series: 'Lsv3',
    sizes: [
      ['L8s_v3', 8, 64, 16, 4, 80, 0.696],
      ['L16s_v3', 16, 128, 32, 8, 160, 1.392],
    ],
  },
  {
    name: 'standardMSFamily',
    series: 'MS',
    sizes: [
      ['M8ms', 8, 218.75, 8, 4, 256, 1.544],
      ['M64s', 64, 1024, 64, 8, 2048, 6.669],
    ],
  },
  {
    name: 'standardNCSv3Family',
    series: 'NCSv3',
    sizes: [
      ['NC6s_v3', 6, 112, 12, 4, 736, 3.06, 1],
      ['NC12s_v3', 12, 224, 24, 8, 1474, 6.12, 2],
      ['NC24s_v3', 24, 448, 32, 8, 2948, 12.24, 4],
    ],
  },
  {
    name: 'Standard NCASv3_T4 Family',
    series: 'NCasT4_v3',
    sizes: [
      ['NC4as_T4_v3', 4, 28, 8, 2, 176, 0.526, 1],
      ['NC8as_T4_v3', 8, 56, 16, 4, 352, 0.752, 1],
      ['NC16as_T4_v3', 16, 110, 32, 8, 352, 1.204, 1],
      ['NC64as_T4_v3', 64, 440, 32, 8, 2816, 4.352, 4],
    ],
  },
  {
    name: 'StandardNCADSA100v4Family',
    series: 'NCads A100 v4',
    common: second,
    sizes: [
      ['NC24ads_A100_v4', 24, 220, 8, 2, 64, 3.673, 1],
      ['NC48ads_A100_v4', 48, 440, 16, 4, 128, 7.346, 2],
      ['NC96ads_A100_v4', 96, 880, 32, 8, 256, 14.692, 4],
    ],
  },
  {
    name: 'StandardNCadsH100v5Family',
    series: 'NCads H100 v5',
    common: second,
    sizes: [
      ['NC40ads_H100_v5', 40, 320, 8, 2, 128, 6.98, 1],
      ['NC80adis_H100_v5', 80, 640, 16, 4, 256, 13.96, 2],
    ],
  },
  {
    name: 'standardNDSv2Family',
    series: 'NDrSv2',
    common: { ...second, rdma: true },
    sizes: [['ND40rs_v2', 40, 672, 8, 8, 2948, 22.032, 8]],
  },
  {
    name: 'Standard NDASv4_A100 Family',
    series: 'NDasrA100_v4',
    common: { ...second, rdma: true },
    sizes: [['ND96asr_v4', 96, 900, 16, 8, 6000, 27.197, 8]],
  },
  {
    name: 'Standard NDAMSv4_A100Family',
    series: 'NDamsrA100_v4',
    common: { ...second, rdma: true },
    sizes: [['ND96amsr_A100_v4', 96, 1900, 16, 8, 6400, 32.7702, 8]],
  },
  {
    name: 'standardNDSH100v5Family',
    series: 'NDsr H100 v5',
    common: { ...second, rdma: true },
    sizes: [['ND96isr_H100_v5', 96, 1900, 16, 8, 1000, 98.32, 8]],
  },
  {
    name: 'standardNVSv3Family',
    series: 'NVSv3',
    sizes: [
      ['NV12s_v3', 12, 112, 12, 4, 320, 1.14, 1],
      ['NV24s_v3', 24, 224, 24, 8, 640, 2.28, 2],
      ['NV48s_v3', 48, 448, 32, 8, 1280, 4.56, 4],
    ],
  },
  {
    name: 'StandardNVADSA10v5Family',
    series: 'NVadsA10 v5',
    sizes: [
      // The first three have a sixth, a third and half of a GPU: the list of SKUs counts whole ones.
      ['NV6ads_A10_v5', 6, 55, 4, 2, 180, 0.454, 1],
      ['NV12ads_A10_v5', 12, 110, 4, 2, 360, 0.908, 1],
      ['NV18ads_A10_v5', 18, 220, 8, 4, 720, 1.6, 1],
      ['NV36ads_A10_v5', 36, 440, 16, 4, 1440, 3.2, 1],
      ['NV72ads_A10_v5', 72, 880, 32, 8, 2880, 6.52, 2],
    ],
  },
];
