/** The vendor's regions and their zones. Sources: ECS user guide, "Regions and zones"; ECS API reference, DescribeRegions. */
import type { Cloud } from '../../world/clouds.ts';

interface Region {
  english: string;
  chinese: string;
  /** The last letters of its zones. */
  zones: string;
  /** As the ids of its resources begin. */
  prefix?: string;
}

const known: Readonly<Record<string, Region>> = {
  'cn-hangzhou': { english: 'China (Hangzhou)', chinese: '华东1（杭州）', zones: 'befghijk', prefix: 'bp1' },
  'ap-northeast-2': { english: 'South Korea (Seoul)', chinese: '韩国（首尔）', zones: 'ab', prefix: 'mj7' },
  'ap-southeast-1': { english: 'Singapore', chinese: '新加坡', zones: 'abc', prefix: 't4n' },
  'us-east-1': { english: 'US (Virginia)', chinese: '美国（弗吉尼亚）', zones: 'ab', prefix: '0xi' },
  'cn-qingdao': { english: 'China (Qingdao)', chinese: '华北1（青岛）', zones: 'bc', prefix: 'm5e' },
  'cn-beijing': { english: 'China (Beijing)', chinese: '华北2（北京）', zones: 'cdefghijkl', prefix: '2ze' },
  'cn-zhangjiakou': {
    english: 'China (Zhangjiakou)',
    chinese: '华北3（张家口）',
    zones: 'abc',
    prefix: '8vb',
  },
  'cn-huhehaote': { english: 'China (Hohhot)', chinese: '华北5（呼和浩特）', zones: 'ab', prefix: 'hp3' },
  'cn-wulanchabu': { english: 'China (Ulanqab)', chinese: '华北6（乌兰察布）', zones: 'abc', prefix: '0jl' },
  'cn-shanghai': { english: 'China (Shanghai)', chinese: '华东2（上海）', zones: 'befgklmn', prefix: 'uf6' },
  'cn-nanjing': { english: 'China (Nanjing - Local Region)', chinese: '华东5（南京-本地地域）', zones: 'a' },
  'cn-fuzhou': { english: 'China (Fuzhou - Local Region)', chinese: '华东6（福州-本地地域）', zones: 'a' },
  'cn-shenzhen': { english: 'China (Shenzhen)', chinese: '华南1（深圳）', zones: 'cdef', prefix: 'wz9' },
  'cn-heyuan': { english: 'China (Heyuan)', chinese: '华南2（河源）', zones: 'ab', prefix: 'f8z' },
  'cn-guangzhou': { english: 'China (Guangzhou)', chinese: '华南3（广州）', zones: 'ab', prefix: '7xv' },
  'cn-chengdu': { english: 'China (Chengdu)', chinese: '西南1（成都）', zones: 'ab', prefix: '2vc' },
  'cn-wuhan-lr': { english: 'China (Wuhan - Local Region)', chinese: '华中1（武汉-本地地域）', zones: 'a' },
  'cn-hongkong': { english: 'China (Hong Kong)', chinese: '中国（香港）', zones: 'bcd', prefix: 'j6c' },
  'ap-northeast-1': { english: 'Japan (Tokyo)', chinese: '日本（东京）', zones: 'abc', prefix: '6we' },
  'ap-southeast-3': {
    english: 'Malaysia (Kuala Lumpur)',
    chinese: '马来西亚（吉隆坡）',
    zones: 'abc',
    prefix: '8ps',
  },
  'ap-southeast-5': {
    english: 'Indonesia (Jakarta)',
    chinese: '印度尼西亚（雅加达）',
    zones: 'abc',
    prefix: 'k1a',
  },
  'ap-southeast-6': {
    english: 'Philippines (Manila)',
    chinese: '菲律宾（马尼拉）',
    zones: 'ab',
    prefix: '5ts',
  },
  'ap-southeast-7': { english: 'Thailand (Bangkok)', chinese: '泰国（曼谷）', zones: 'ab', prefix: '0jo' },
  'us-west-1': { english: 'US (Silicon Valley)', chinese: '美国（硅谷）', zones: 'ab', prefix: 'rj9' },
  'na-south-1': { english: 'Mexico', chinese: '墨西哥', zones: 'ab' },
  'eu-central-1': {
    english: 'Germany (Frankfurt)',
    chinese: '德国（法兰克福）',
    zones: 'abc',
    prefix: 'gw8',
  },
  'eu-west-1': { english: 'UK (London)', chinese: '英国（伦敦）', zones: 'ab', prefix: 'd7o' },
  'me-east-1': { english: 'UAE (Dubai)', chinese: '阿联酋（迪拜）', zones: 'a', prefix: 'eb3' },
  'me-central-1': { english: 'Saudi Arabia (Riyadh)', chinese: '沙特（利雅得）', zones: 'ab', prefix: 'l4v' },
};
/** The first is where a client goes that names none. */
const regionNames: readonly string[] = Object.keys(known);

/** Of a cloud that is made without naming any: enough to try things with. Its API knows all of them nevertheless. */
export const usualRegions: readonly string[] = ['cn-hangzhou', 'cn-shanghai', 'ap-northeast-2', 'us-east-1'];

/** A cloud that was made with regions has these alone. */
export const regionsOf = (cloud: Pick<Cloud, 'regions'>): readonly string[] =>
  cloud.regions.join() === usualRegions.join() ? regionNames : cloud.regions;

const of = (region: string): Region | undefined => (Object.hasOwn(known, region) ? known[region] : undefined);

/** As the vendor writes them: cn-hangzhou-b, but ap-northeast-2a. A region of the Twin's own has two. */
export const zonesOf = (region: string): string[] => {
  const stem = /\d$/.test(region) ? region : `${region}-`;
  return Array.from(of(region)?.zones ?? 'ab', letter => `${stem}${letter}`);
};
export const prefixOf = (region: string): string => of(region)?.prefix ?? 'a2d';

export type Language = 'zh-CN' | 'en-US' | 'ja';
export const regionName = (region: string, language: Language): string =>
  of(region)?.[language === 'zh-CN' ? 'chinese' : 'english'] ?? region;
export function zoneName(region: string, zone: string, language: Language): string {
  const letter = zone.slice(-1).toUpperCase();
  if (language !== 'zh-CN')
    return `${regionName(region, language).replace(/^.*\((.*)\)$/, '$1')} Zone ${letter}`;
  return `${regionName(region, language).replace(/^.*（(.*)）$/, '$1')} 可用区${letter}`;
}
