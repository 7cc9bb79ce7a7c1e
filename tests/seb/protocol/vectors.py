"""Values that clients compute, and files that hold them."""

import base64

KEY_OF_SETTINGS = "bf012bb8c7175660446b3e5954997ec65b7df691b53374c32804d341207dfede"

# An entity, an entry of the originator, an empty dictionary, an empty list, reals, data, a letter outside ASCII.
FILE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>originatorVersion</key><string>SEB_Win_3.7.0</string>
  <key>urlFilterRegex</key><true/>
  <key>URLFilterRules</key>
  <array>
    <dict>
      <key>regex</key><true/>
      <key>expression</key><string>^https://lms\\.example\\.com/.*$</string>
      <key>active</key><true/>
      <key>action</key><integer>1</integer>
    </dict>
    <dict>
      <key>regex</key><false/>
      <key>expression</key><string>static.example.com/*</string>
      <key>active</key><true/>
      <key>action</key><integer>1</integer>
    </dict>
  </array>
  <key>URLFilterEnable</key><true/>
  <key>startURL</key><string>https://lms.example.com/seb-openedx/start/?a=1&amp;b=2</string>
  <key>sendBrowserExamKey</key><true/>
  <key>browserWindowWebView</key><integer>3</integer>
  <key>batteryChargeThresholdCritical</key><real>0.10000000000000001</real>
  <key>zoomLevel</key><real>1.0</real>
  <key>examKeySalt</key><data>AAECAwQFBgc=</data>
  <key>hashedQuitPassword</key><string>f7167c94b4059107c30e50a7f76598a0028704b1b42a18b7699e99cea428888f</string>
  <key>proxies</key><dict/>
  <key>allowQuit</key><true/>
  <key>quitURL</key><string>https://lms.example.com/seb-openedx/quit/k3Jd9/</string>
  <key>browserWindowTitleSuffix</key><string>Prüfung</string>
  <key>permittedProcesses</key><array/>
</dict>
</plist>
""".encode()

SEB_JSON = (
    '{"allowQuit":true,"batteryChargeThresholdCritical":0.1,"browserWindowTitleSuffix":"Prüfung",'
    '"browserWindowWebView":3,"examKeySalt":"AAECAwQFBgc=",'
    '"hashedQuitPassword":"f7167c94b4059107c30e50a7f76598a0028704b1b42a18b7699e99cea428888f",'
    '"permittedProcesses":[],"quitURL":"https://lms.example.com/seb-openedx/quit/k3Jd9/","sendBrowserExamKey":true,'
    '"startURL":"https://lms.example.com/seb-openedx/start/?a=1&b=2","URLFilterEnable":true,"urlFilterRegex":true,'
    '"URLFilterRules":[{"action":1,"active":true,"expression":"^https://lms\\.example\\.com/.*$","regex":true},'
    '{"action":1,"active":true,"expression":"static.example.com/*","regex":false}],"zoomLevel":1}'
)

SMALL = {"allowQuit": False, "startURL": "https://lms.example.com/"}
KEY_OF_SMALL = "845a31b68711248d7a3ca0e044764561483ed1fce1bf3c7aeeb244795ae3b32a"

# All defaults, quit password "quit-me".
GENERATED_SEB_JSON = (
    '{"allowedDisplaysMaxNumber":1,"allowPreferencesWindow":false,"allowQuit":true,"allowSpellCheck":false,'
    '"allowWlan":false,"audioControlEnabled":false,"audioMute":false,"browserMediaCaptureCamera":false,'
    '"browserMediaCaptureMicrophone":false,"browserWindowAllowReload":true,"browserWindowWebView":3,'
    '"enablePrintScreen":false,"examSessionClearCookiesOnEnd":true,"examSessionClearCookiesOnStart":false,'
    '"hashedQuitPassword":"f7167c94b4059107c30e50a7f76598a0028704b1b42a18b7699e99cea428888f",'
    '"quitURL":"https://lms.example.com/seb-openedx/quit/k3Jd9xQw/","quitURLConfirm":true,"sebConfigPurpose":0,'
    '"sendBrowserExamKey":true,"showInputLanguage":true,"showReloadButton":true,"showTaskBar":true,"showTime":true,'
    '"startURL":"https://lms.example.com/seb-openedx/start/7f9c2ba4e88f827d616045507605853e/",'
    '"startURLAppendQueryParameter":true,"URLFilterEnable":false,"URLFilterEnableContentFilter":false}'
)
KEY_OF_GENERATED = "19d02bd4ac995a08f08647db714c035cde5f064239ff03304f65d7b8c8ff3672"
KEY_WITHOUT_QUIT_PASSWORD = "1f3ba97a82c294cef7acd7f3b48b0cc61ee141b28a72cbb1e0478b5d26293a3e"

# Version 2, salts 00..07 and 08..0f, IV 10..1f, password "pw", plain text "seb".
RNCRYPTOR = base64.b64decode(
    "AgEAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH6COuJ9ca1c6DMI1qh+5VTO5oOs3LbYF0bVaAiLP/Dc/0Cio2nQmoiB4psSpVNeGuQ=="
)

# The settings SMALL, password "exam-2026".
ENCRYPTED = base64.b64decode(
    "cHN3ZAIBAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9XCR4lYxj5GX0tGn+/MzMlsoy3L86FtFahxZ0nf0Klys+ekb9HU4OcNMjsfb13"
    "SxtKpv5CcePNwQJJ3+jwHYwS7GJJoozkHWNqKyr9qrAuKFx44RgEqTxYQ/atl8psq9v5Sm14kTBatksDM9ZjWl8luRx3KdBmVbfnZTVdqPfrAYRm"
    "3prBQZh84jCK9AiMvJ6ahcaiv2uHf4ef+MPMSvJA/3DiEyLXMCE4Vyo672/55GFOaQFwgr1uwoUmZehqxWk="
)
PASSWORD = "exam-2026"


def xml(body: str) -> bytes:
    """Return a property list with this root."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n'
        f'<plist version="1.0">{body}</plist>\n'
    ).encode()
