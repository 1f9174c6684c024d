/** Locations: names, places, zones. Source: Azure docs, "List of Azure regions" and "Azure regions with availability zone support". */
export interface Region {
  readonly name: string;
  readonly displayName: string;
  readonly geography: string;
  readonly geographyGroup: string;
  readonly place: string;
  readonly latitude: string;
  readonly longitude: string;
  /** "" where it has none. */
  readonly pair: string;
  readonly zones: readonly string[];
}

const three = ['1', '2', '3'];
/** Display name, geography, place, latitude, longitude, pair; `*` before the name: it has three zones. */
const groups: Readonly<Record<string, string>> = {
  US: `
    *East US|United States|Virginia|37.3719|-79.8164|westus
    *East US 2|United States|Virginia|36.6681|-78.3889|centralus
    *Central US|United States|Iowa|41.5908|-93.6208|eastus2
    North Central US|United States|Illinois|41.8819|-87.6278|southcentralus
    *South Central US|United States|Texas|29.4167|-98.5|northcentralus
    West Central US|United States|Wyoming|40.89|-110.234|westus2
    West US|United States|California|37.783|-122.417|eastus
    *West US 2|United States|Washington|47.233|-119.852|westcentralus
    *West US 3|United States|Phoenix|33.448376|-112.074036|eastus`,
  Canada: `
    *Canada Central|Canada|Toronto|43.653|-79.383|canadaeast
    Canada East|Canada|Quebec|46.817|-71.217|canadacentral`,
  'South America': `
    *Brazil South|Brazil|Sao Paulo State|-23.55|-46.633|southcentralus`,
  Europe: `
    *North Europe|Europe|Ireland|53.3478|-6.2597|westeurope
    *West Europe|Europe|Netherlands|52.3667|4.9|northeurope
    *UK South|United Kingdom|London|50.941|-0.799|ukwest
    UK West|United Kingdom|Cardiff|53.427|-3.084|uksouth
    *France Central|France|Paris|46.3772|2.373|francesouth
    *Germany West Central|Germany|Frankfurt|50.110924|8.682127|germanynorth
    *Switzerland North|Switzerland|Zurich|47.451542|8.564572|switzerlandwest
    *Norway East|Norway|Norway|59.913868|10.752245|norwaywest
    *Sweden Central|Sweden|Gävle|60.67488|17.14127|swedensouth
    *Poland Central|Poland|Warsaw|52.23334|21.01666|
    *Italy North|Italy|Milan|45.46888|9.18109|
    *Spain Central|Spain|Madrid|40.4259|-3.4209|`,
  'Middle East': `
    *UAE North|UAE|Dubai|25.266666|55.316666|uaecentral
    *Qatar Central|Qatar|Doha|25.551462|51.439327|
    *Israel Central|Israel|Israel|31.2655698|33.4506633|`,
  Africa: `
    *South Africa North|South Africa|Johannesburg|-25.73134|28.21837|southafricawest`,
  'Asia Pacific': `
    *Central India|India|Pune|18.5822|73.9197|southindia
    South India|India|Chennai|12.9822|80.1636|centralindia
    West India|India|Mumbai|19.088|72.868|southindia
    *East Asia|Asia Pacific|Hong Kong|22.267|114.188|southeastasia
    *Southeast Asia|Asia Pacific|Singapore|1.283|103.833|eastasia
    *Japan East|Japan|Tokyo, Saitama|35.68|139.77|japanwest
    *Japan West|Japan|Osaka|34.6939|135.5022|japaneast
    *Korea Central|Korea|Seoul|37.5665|126.978|koreasouth
    Korea South|Korea|Busan|35.1796|129.0756|koreacentral
    *Australia East|Australia|New South Wales|-33.86|151.2094|australiasoutheast
    Australia Southeast|Australia|Victoria|-37.8136|144.9631|australiaeast
    Australia Central|Australia|Canberra|-35.3075|149.1244|australiacentral`,
};

/** "Korea Central" and "koreacentral" are the same location. */
export const plainLocation = (text: string): string => text.toLowerCase().replaceAll(' ', '');

const known: ReadonlyMap<string, Region> = new Map(
  Object.entries(groups).flatMap(([geographyGroup, lines]) =>
    lines
      .trim()
      .split('\n')
      .map((line): [string, Region] => {
        const [shown = '', geography = '', place = '', latitude = '', longitude = '', pair = ''] = line
          .trim()
          .split('|');
        const displayName = shown.replace('*', '');
        const name = plainLocation(displayName);
        const zones = shown.startsWith('*') ? three : [];
        return [
          name,
          { name, displayName, geography, geographyGroup, place, latitude, longitude, pair, zones },
        ];
      }),
  ),
);

/** A cloud may have regions that this table lacks: they stand by their bare name. */
export const regionOf = (name: string): Region =>
  known.get(name) ?? {
    name,
    displayName: name,
    geography: 'Twin',
    geographyGroup: 'Twin',
    place: name,
    latitude: '0',
    longitude: '0',
    pair: '',
    zones: three,
  };
