import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { trim } from './trim.ts';

describe('trimming', () => {
  it('takes whole elements and the indentation, and leaves what is read', () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
      <item>
        <instanceId>i-1</instanceId>
        <metadataOptions><state>applied</state></metadataOptions>
        <placement><availabilityZone>a</availabilityZone></placement>
        <productCodes/>
        <tagSet><item><key>Name</key><value>  </value></item></tagSet>
        <networkInterfaceSet>
          <item><attachment><attachmentId>x</attachmentId><deviceIndex>0</deviceIndex><status>attached</status></attachment>
            <privateIpAddressesSet><item><association><publicIp>1.2.3.4</publicIp></association></item></privateIpAddressesSet></item>
        </networkInterfaceSet>
      </item>`;
    assert.equal(
      trim(xml).replace(/>\s+<\//g, '></'),
      '<?xml version="1.0" encoding="UTF-8"?><item><instanceId>i-1</instanceId>' +
        '<placement><availabilityZone>a</availabilityZone></placement><productCodes/>' +
        '<tagSet><item><key>Name</key><value></value></item></tagSet>' +
        '<networkInterfaceSet><item><attachment><deviceIndex>0</deviceIndex><status>attached</status></attachment></item>' +
        '</networkInterfaceSet></item>',
    );
    assert.match(trim(xml), /<value> {2}<\/value>/, 'white space that is a value stays');
  });

  it('leaves every text as it is, whatever a user wrote into a tag', () => {
    const escape = (text: string) =>
      text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    const word = fc.constantFrom(
      '<reason>',
      '</reason>',
      'monitoring',
      '<',
      '>',
      '&',
      ' ',
      '\n',
      'x',
      '<dnsName>',
    );
    fc.assert(
      fc.property(fc.array(word), words => {
        const element = `<value>${escape(words.join(''))}</value>`;
        assert.equal(trim(`<item>${element}<reason>r</reason></item>`), `<item>${element}</item>`);
      }),
    );
  });
});
