/**
 * Regions as the price list names them. `short` begins usage types (APN2-BoxUsage:t3.micro); `factor` is what a t3 costs there against
 * us-east-1 by the published lists of 2025 (Seoul: t3.micro 0.0130 against 0.0104). The Twin charges every type by that one factor,
 * where AWS's own lists differ by a few per cent between families.
 */
export interface PricedRegion {
  readonly location: string;
  readonly short: string;
  readonly factor: number;
}

export const pricedRegions: Readonly<Record<string, PricedRegion>> = {
  'af-south-1': { location: 'Africa (Cape Town)', short: 'AFS1', factor: 1.308 },
  'ap-east-1': { location: 'Asia Pacific (Hong Kong)', short: 'APE1', factor: 1.404 },
  'ap-east-2': { location: 'Asia Pacific (Taipei)', short: 'APE2', factor: 1.308 },
  'ap-northeast-1': { location: 'Asia Pacific (Tokyo)', short: 'APN1', factor: 1.308 },
  'ap-northeast-2': { location: 'Asia Pacific (Seoul)', short: 'APN2', factor: 1.25 },
  'ap-northeast-3': { location: 'Asia Pacific (Osaka)', short: 'APN3', factor: 1.308 },
  'ap-south-1': { location: 'Asia Pacific (Mumbai)', short: 'APS3', factor: 1.077 },
  'ap-south-2': { location: 'Asia Pacific (Hyderabad)', short: 'APS5', factor: 1.077 },
  'ap-southeast-1': { location: 'Asia Pacific (Singapore)', short: 'APS1', factor: 1.269 },
  'ap-southeast-2': { location: 'Asia Pacific (Sydney)', short: 'APS2', factor: 1.269 },
  'ap-southeast-3': { location: 'Asia Pacific (Jakarta)', short: 'APS4', factor: 1.269 },
  'ap-southeast-4': { location: 'Asia Pacific (Melbourne)', short: 'APS6', factor: 1.269 },
  'ap-southeast-5': { location: 'Asia Pacific (Malaysia)', short: 'APS7', factor: 1.142 },
  'ap-southeast-7': { location: 'Asia Pacific (Thailand)', short: 'APS9', factor: 1.142 },
  'ca-central-1': { location: 'Canada (Central)', short: 'CAN1', factor: 1.115 },
  'ca-west-1': { location: 'Canada West (Calgary)', short: 'CAN2', factor: 1.115 },
  'eu-central-1': { location: 'EU (Frankfurt)', short: 'EUC1', factor: 1.154 },
  'eu-central-2': { location: 'Europe (Zurich)', short: 'EUC2', factor: 1.269 },
  'eu-north-1': { location: 'EU (Stockholm)', short: 'EUN1', factor: 1.038 },
  'eu-south-1': { location: 'EU (Milan)', short: 'EUS1', factor: 1.154 },
  'eu-south-2': { location: 'Europe (Spain)', short: 'EUS2', factor: 1.096 },
  'eu-west-1': { location: 'EU (Ireland)', short: 'EU', factor: 1.096 },
  'eu-west-2': { location: 'EU (London)', short: 'EUW2', factor: 1.135 },
  'eu-west-3': { location: 'EU (Paris)', short: 'EUW3', factor: 1.135 },
  'il-central-1': { location: 'Israel (Tel Aviv)', short: 'ILC1', factor: 1.212 },
  'me-central-1': { location: 'Middle East (UAE)', short: 'MEC1', factor: 1.2 },
  'me-south-1': { location: 'Middle East (Bahrain)', short: 'MES1', factor: 1.2 },
  'mx-central-1': { location: 'Mexico (Central)', short: 'MXC1', factor: 1.2 },
  'sa-east-1': { location: 'South America (Sao Paulo)', short: 'SAE1', factor: 1.615 },
  'us-east-1': { location: 'US East (N. Virginia)', short: '', factor: 1 },
  'us-east-2': { location: 'US East (Ohio)', short: 'USE2', factor: 1 },
  'us-west-1': { location: 'US West (N. California)', short: 'USW1', factor: 1.192 },
  'us-west-2': { location: 'US West (Oregon)', short: 'USW2', factor: 1 },
};
