___INFO___

{
  "type": "TAG",
  "id": "cvt_temp_public_id",
  "version": 1,
  "securityGroups": [],
  "displayName": "Attune",
  "categories": ["PERSONALIZATION", "ANALYTICS", "EXPERIMENTATION"],
  "brand": {
    "id": "brand_dummy",
    "displayName": "Attune"
  },
  "description": "Loads Attune's tag from your own address, tells it consent as Google's consent mode knows it, and sends events of the data layer to it.",
  "containerContexts": ["WEB"]
}


___TEMPLATE_PARAMETERS___

[
  {
    "type": "RADIO",
    "name": "action",
    "displayName": "What this tag does",
    "radioItems": [
      { "value": "load", "displayValue": "Load Attune (once a page)" },
      { "value": "track", "displayValue": "Record an event" },
      { "value": "identify", "displayValue": "Tell who is signed in" }
    ],
    "simpleValueType": true,
    "defaultValue": "load"
  },
  {
    "type": "TEXT",
    "name": "address",
    "displayName": "Address of the tag",
    "help": "Where your site forwards to the collector, with tag.js at the end. It must be among the addresses that this template may load scripts from.",
    "simpleValueType": true,
    "defaultValue": "https://www.example.com/attune/tag.js",
    "valueValidators": [{ "type": "REGEX", "args": ["^https://[^?#\\s]+/(tag|pinned/[0-9a-f]{32})\\.js$"] }],
    "enablingConditions": [{ "paramName": "action", "paramValue": "load", "type": "EQUALS" }]
  },
  {
    "type": "TEXT",
    "name": "site",
    "displayName": "Site key",
    "simpleValueType": true,
    "valueValidators": [{ "type": "REGEX", "args": ["^pk_[A-Za-z0-9]+$"] }],
    "enablingConditions": [{ "paramName": "action", "paramValue": "load", "type": "EQUALS" }]
  },
  {
    "type": "CHECKBOX",
    "name": "consentMode",
    "checkboxText": "Take the visitor's answers from Google's consent mode",
    "simpleValueType": true,
    "defaultValue": true,
    "enablingConditions": [{ "paramName": "action", "paramValue": "load", "type": "EQUALS" }]
  },
  {
    "type": "TEXT",
    "name": "event",
    "displayName": "Name of the event",
    "simpleValueType": true,
    "valueValidators": [{ "type": "NON_EMPTY" }],
    "enablingConditions": [{ "paramName": "action", "paramValue": "track", "type": "EQUALS" }]
  },
  {
    "type": "SIMPLE_TABLE",
    "name": "fields",
    "displayName": "Properties",
    "simpleTableColumns": [
      { "name": "name", "displayName": "Name", "type": "TEXT", "defaultValue": "" },
      { "name": "value", "displayName": "Value", "type": "TEXT", "defaultValue": "" }
    ],
    "enablingConditions": [
      { "paramName": "action", "paramValue": "track", "type": "EQUALS" },
      { "paramName": "action", "paramValue": "identify", "type": "EQUALS" }
    ]
  },
  {
    "type": "TEXT",
    "name": "user",
    "displayName": "Pseudonymous user id",
    "help": "No e-mail address and no telephone number: Attune refuses them.",
    "simpleValueType": true,
    "valueValidators": [{ "type": "NON_EMPTY" }],
    "enablingConditions": [{ "paramName": "action", "paramValue": "identify", "type": "EQUALS" }]
  }
]


___SANDBOXED_JS_FOR_WEB_TEMPLATE___

const addConsentListener = require('addConsentListener');
const copyFromWindow = require('copyFromWindow');
const createQueue = require('createQueue');
const injectScript = require('injectScript');
const isConsentGranted = require('isConsentGranted');
const makeTableMap = require('makeTableMap');
const setInWindow = require('setInWindow');

// Calls wait in window.attune until the tag has come, as everywhere else.
const call = createQueue('attune');

// Each purpose is what consent mode says of one of its types.
const PURPOSES = {
  measure: 'analytics_storage',
  personalise: 'personalization_storage',
  share: 'ad_user_data',
};

function tellConsent() {
  for (const purpose in PURPOSES) {
    const type = PURPOSES[purpose];
    const tell = (type, granted) => {
      const answers = {};
      answers[purpose] = granted;
      call(['consent', answers]);
    };
    // A default of `denied` is no answer yet.
    if (isConsentGranted(type)) tell(type, true);
    addConsentListener(type, tell);
  }
}

function load() {
  const known = copyFromWindow('attune');
  // Loaded by another tag, or by the page itself.
  if (known && (known.began || known.tag)) return data.gtmOnSuccess();
  // What the element would say: a script that is injected has no attributes.
  call(['ready']);
  setInWindow('attune.tag', { src: data.address, dataset: { site: data.site } }, true);
  if (data.consentMode) tellConsent();
  injectScript(data.address, data.gtmOnSuccess, data.gtmOnFailure, data.address);
}

const fields = data.fields ? makeTableMap(data.fields, 'name', 'value') : {};

if (data.action === 'track') {
  call(['track', data.event, fields]);
  data.gtmOnSuccess();
} else if (data.action === 'identify') {
  call(['identify', data.user, fields]);
  data.gtmOnSuccess();
} else {
  load();
}


___WEB_PERMISSIONS___

[
  {
    "instance": {
      "key": { "publicId": "inject_script", "versionId": "1" },
      "param": [
        {
          "key": "urls",
          "value": { "type": 2, "listItem": [{ "type": 1, "string": "https://www.example.com/attune/*" }] }
        }
      ]
    },
    "clientAnnotations": { "isEditedByUser": true },
    "isRequired": true
  },
  {
    "instance": {
      "key": { "publicId": "access_globals", "versionId": "1" },
      "param": [
        {
          "key": "keys",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 3,
                "mapKey": [
                  { "type": 1, "string": "key" }, { "type": 1, "string": "read" },
                  { "type": 1, "string": "write" }, { "type": 1, "string": "execute" }
                ],
                "mapValue": [
                  { "type": 1, "string": "attune" }, { "type": 8, "boolean": true },
                  { "type": 8, "boolean": true }, { "type": 8, "boolean": false }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  { "type": 1, "string": "key" }, { "type": 1, "string": "read" },
                  { "type": 1, "string": "write" }, { "type": 1, "string": "execute" }
                ],
                "mapValue": [
                  { "type": 1, "string": "attune.tag" }, { "type": 8, "boolean": true },
                  { "type": 8, "boolean": true }, { "type": 8, "boolean": false }
                ]
              }
            ]
          }
        }
      ]
    },
    "clientAnnotations": { "isEditedByUser": true },
    "isRequired": true
  },
  {
    "instance": {
      "key": { "publicId": "access_consent", "versionId": "1" },
      "param": [
        {
          "key": "consentTypes",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 3,
                "mapKey": [
                  { "type": 1, "string": "consentType" }, { "type": 1, "string": "read" }, { "type": 1, "string": "write" }
                ],
                "mapValue": [
                  { "type": 1, "string": "analytics_storage" }, { "type": 8, "boolean": true }, { "type": 8, "boolean": false }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  { "type": 1, "string": "consentType" }, { "type": 1, "string": "read" }, { "type": 1, "string": "write" }
                ],
                "mapValue": [
                  { "type": 1, "string": "personalization_storage" }, { "type": 8, "boolean": true }, { "type": 8, "boolean": false }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  { "type": 1, "string": "consentType" }, { "type": 1, "string": "read" }, { "type": 1, "string": "write" }
                ],
                "mapValue": [
                  { "type": 1, "string": "ad_user_data" }, { "type": 8, "boolean": true }, { "type": 8, "boolean": false }
                ]
              }
            ]
          }
        }
      ]
    },
    "clientAnnotations": { "isEditedByUser": true },
    "isRequired": true
  }
]


___TESTS___

scenarios:
- name: Loads the tag once, and says for which site
  code: |-
    mock('copyFromWindow', undefined);
    mock('createQueue', () => () => {});
    mock('injectScript', (url, success) => success());
    runCode({ action: 'load', address: 'https://www.example.com/attune/tag.js', site: 'pk_1' });
    assertApi('setInWindow').wasCalledWith('attune.tag', { src: 'https://www.example.com/attune/tag.js', dataset: { site: 'pk_1' } }, true);
    assertApi('injectScript').wasCalled();
    assertApi('gtmOnSuccess').wasCalled();
- name: Leaves a tag that is there alone
  code: |-
    mock('copyFromWindow', { began: 1 });
    runCode({ action: 'load', address: 'https://www.example.com/attune/tag.js', site: 'pk_1' });
    assertApi('injectScript').wasNotCalled();
    assertApi('gtmOnSuccess').wasCalled();
- name: Records an event with its properties
  code: |-
    const calls = [];
    mock('createQueue', () => (call) => calls.push(call));
    runCode({ action: 'track', event: 'quote_requested', fields: [{ name: 'amount', value: 3 }] });
    assertThat(calls).isEqualTo([['track', 'quote_requested', { amount: 3 }]]);
    assertApi('gtmOnSuccess').wasCalled();
setup: ''


___NOTES___

Change the address under Permissions, Injects Scripts, to that of your own site.
