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
      trim(xml, 'instances').replace(/>\s+<\//g, '></'),
      '<?xml version="1.0" encoding="UTF-8"?><item><instanceId>i-1</instanceId>' +
        '<placement><availabilityZone>a</availabilityZone></placement><productCodes/>' +
        '<tagSet><item><key>Name</key><value></value></item></tagSet>' +
        '<networkInterfaceSet><item><attachment><deviceIndex>0</deviceIndex><status>attached</status></attachment></item>' +
        '</networkInterfaceSet></item>',
    );
    assert.match(trim(xml, 'instances'), /<value> {2}<\/value>/, 'white space that is a value stays');
  });

  it('leaves of an image what is read', () => {
    const read =
      '<imageId>ami-1</imageId><imageState>available</imageState><imageOwnerId>1</imageOwnerId><architecture>arm64</architecture>' +
      '<platform>windows</platform><name>n</name><rootDeviceName>/dev/xvda</rootDeviceName><creationDate>d</creationDate>';
    const disk =
      '<deviceName>/dev/xvda</deviceName><ebs><snapshotId>snap-1</snapshotId><volumeSize>8</volumeSize><encrypted>false</encrypted></ebs>';
    assert.equal(
      trim(
        `<item>${read}<description>d</description><blockDeviceMapping><item>${disk}</item></blockDeviceMapping><tagSet/></item>`,
        'images',
      ),
      `<item>${read}<blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeSize>8</volumeSize></ebs></item></blockDeviceMapping><tagSet/></item>`,
    );
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
        assert.equal(
          trim(`<item>${element}<reason>r</reason></item>`, 'instances'),
          `<item>${element}</item>`,
        );
      }),
    );
  });
});
