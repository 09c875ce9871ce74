"""pywa as it ships against the sandbox: `walk.py send URL ACCOUNT` and `walk.py receive FILE`.

Prints one JSON line for each step: its name, and null or the error. FILE has one webhook a line: raw body and signature.
"""

import io
import json
import sys

import httpx
from pywa import WhatsApp, handlers, types
from pywa.types import templates as t

PHONE, TO = "1000", "+15550003001"


class ToSandbox(httpx.HTTPTransport):
    """The client always calls Meta's host: the same request goes to the sandbox instead."""

    def __init__(self, url):
        super().__init__()
        self.base = httpx.URL(url)

    def handle_request(self, request):
        request.url = request.url.copy_with(scheme=self.base.scheme, host=self.base.host, port=self.base.port)
        request.headers["Host"] = f"{self.base.host}:{self.base.port}"
        return super().handle_request(request)


def step(name, run):
    try:
        value, error = run(), None
    except Exception as failure:  # every kind of failure is a result of the walk
        value, error = None, f"{type(failure).__name__}: {failure}"[:500]
    print(json.dumps([name, error]), flush=True)
    return value


def send(url, account):
    wa = WhatsApp(phone_id=PHONE, token="token", waba_id=account, server=None, session=httpx.Client(transport=ToSandbox(url), timeout=10))
    image = b"\x89PNG\r\n\x1a\n" + b"0" * 100
    step("send text", lambda: wa.send_message(TO, "hello", preview_url=True))
    sent = wa.send_message(TO, "quote me")
    step("reply", lambda: wa.send_message(TO, "hi", reply_to_message_id=sent.id))
    step("buttons", lambda: wa.send_message(TO, "pick", header="H", footer="F", buttons=[types.Button("A","a"), types.Button("B","b")]))
    step("list", lambda: wa.send_message(TO, "pick", buttons=types.SectionList("Open", sections=[types.Section("S", rows=[types.SectionRow("R","r",description="d")])])))
    step("url button", lambda: wa.send_message(TO, "go", buttons=types.URLButton("Open", "https://example.com")))
    step("voice call button", lambda: wa.send_message(TO, "call", buttons=types.VoiceCallButton("Call", ttl_minutes=10)))
    step("call permission", lambda: wa.send_message(TO, "may we", buttons=types.CallPermissionRequestButton()))
    step("flow button", lambda: wa.send_message(TO, "flow", buttons=types.FlowButton("Go", flow_id="123", flow_token="t", flow_action_type="navigate", flow_action_screen="A")))
    media = step("upload", lambda: wa.upload_media(io.BytesIO(image), mime_type="image/png", filename="a.png"))
    mid = getattr(media, "id", media)
    step("image", lambda: wa.send_image(TO, mid, caption="c"))
    step("image link", lambda: wa.send_image(TO, "https://example.com/a.png"))
    step("image bytes", lambda: wa.send_image(TO, image, mime_type="image/png"))
    step("video", lambda: wa.send_video(TO, "https://example.com/a.mp4", caption="c"))
    step("document", lambda: wa.send_document(TO, "https://example.com/a.pdf", filename="a.pdf", caption="c"))
    step("audio", lambda: wa.send_audio(TO, "https://example.com/a.mp3"))
    step("voice", lambda: wa.send_voice(TO, "https://example.com/a.ogg"))
    step("sticker", lambda: wa.send_sticker(TO, "https://example.com/a.webp"))
    step("reaction", lambda: wa.send_reaction(TO, "👍", sent.id))
    step("remove reaction", lambda: wa.remove_reaction(TO, sent.id))
    step("location", lambda: wa.send_location(TO, 1.5, 2.5, name="n", address="a"))
    step("request location", lambda: wa.request_location(TO, "where?"))
    step("request contact info", lambda: wa.request_contact_info(TO, "who?"))
    step("contact", lambda: wa.send_contact(TO, types.Contact(name=types.Contact.Name(formatted_name="Ana Lee", first_name="Ana"), phones=[types.Contact.Phone(phone="+15550001")])))
    step("catalog", lambda: wa.send_catalog(TO, "shop", footer="f", thumbnail_product_sku="s"))
    step("product", lambda: wa.send_product(TO, catalog_id="1", sku="s", body="b"))
    step("products", lambda: wa.send_products(TO, catalog_id="1", product_sections=[types.ProductsSection("t", skus=["a","b"])], title="T", body="b"))
    step("mark read", lambda: wa.mark_message_as_read("wamid.X"))
    step("typing", lambda: wa.indicate_typing("wamid.X"))
    step("get media url", lambda: wa.get_media_url(mid))
    step("media bytes", lambda: wa.get_media_bytes(wa.get_media_url(mid).url))
    step("delete media", lambda: wa.delete_media(mid))
    step("business account", lambda: wa.get_business_account())
    step("business numbers", lambda: wa.get_business_phone_numbers())
    step("business number", lambda: wa.get_business_phone_number())
    step("number settings", lambda: wa.get_business_phone_number_settings())
    step("profile", lambda: wa.get_business_profile())
    step("update profile", lambda: wa.update_business_profile(about="a", email="a@example.com"))
    step("commerce", lambda: wa.get_commerce_settings())
    step("update commerce", lambda: wa.update_commerce_settings(is_catalog_visible=True))
    step("register", lambda: wa.register_phone_number("123456"))
    step("deregister", lambda: wa.deregister_phone_number())
    step("block", lambda: wa.block_users([TO]))
    step("blocked", lambda: list(wa.get_blocked_users()))
    step("unblock", lambda: wa.unblock_users([TO]))
    step("set public key", lambda: wa.set_business_public_key("k"))
    step("override waba callback", lambda: wa.override_waba_callback_url("https://example.com/w", "v"))
    step("delete waba callback", lambda: wa.delete_waba_callback_url())
    step("override phone callback", lambda: wa.override_phone_callback_url("https://example.com/w", "v"))
    step("delete phone callback", lambda: wa.delete_phone_callback_url())
    step("qr code", lambda: wa.create_qr_code("hi"))
    step("qr codes", lambda: list(wa.get_qr_codes()))
    step("templates", lambda: list(wa.get_templates()))
    step("templates by status", lambda: list(wa.get_templates(statuses=[t.TemplateStatus.APPROVED])))
    step("create template", lambda: wa.create_template(t.Template(name="shipped", language=t.TemplateLanguage.ENGLISH_US, category=t.TemplateCategory.UTILITY, components=[t.HeaderText("Order {{1}}", "5"), t.BodyText("Hi {{1}}, it is on its way now.", "Ana"), t.FooterText(text="Bye"), t.Buttons(buttons=[t.QuickReplyButton(text="Yes"), t.URLButton(text="Track", url="https://example.com/{{1}}", example="5"), t.PhoneNumberButton(text="Call", phone_number="+15550001111")])])))
    step("library template", lambda: wa.create_template(t.LibraryTemplate(name="lib1", library_template_name="delivery_update_1", category=t.TemplateCategory.UTILITY, language=t.TemplateLanguage.ENGLISH_US)))
    step("auth template", lambda: wa.create_template(t.Template(name="code", language=t.TemplateLanguage.ENGLISH_US, category=t.TemplateCategory.AUTHENTICATION, components=[t.AuthenticationBody(add_security_recommendation=True), t.AuthenticationFooter(code_expiration_minutes=5), t.Buttons(buttons=[t.CopyCodeOTPButton(text="Copy")])])))
    step("upsert auth", lambda: wa.upsert_authentication_template(name="code2", languages=[t.TemplateLanguage.ENGLISH_US, t.TemplateLanguage.GERMAN], otp_button=t.CopyCodeOTPButton(text="Copy")))
    step("send template", lambda: wa.send_template(TO, "order_update", t.TemplateLanguage.ENGLISH_US, [t.BodyText.params("Ana","1","2")]))
    step("flows", lambda: list(wa.get_flows()))
    step("create flow", lambda: wa.create_flow("f", categories=["OTHER"]))
    step("call permissions", lambda: wa.get_call_permissions(TO))
    step("groups", lambda: list(wa.get_groups()))


NAMES = [name for name in dir(handlers) if name.endswith("Handler") and name not in ("Handler", "RawUpdateHandler")]


def receive(path, secret):
    wa = WhatsApp(server=None, verify_token="v", app_secret=secret, filter_updates=False, continue_handling=True)
    seen = []
    for name in NAMES:
        kind = getattr(handlers, name)
        try:
            wa.add_handlers(kind(lambda _, update, name=name: seen.append([name, type(update).__name__, str(getattr(update, "type", ""))])))
        except Exception:  # handlers of flows and groups need more arguments, and none of their updates is sent
            continue
    with open(path, encoding="latin-1") as lines:
        for line in lines:
            post = json.loads(line)
            raw = post["raw"].encode("latin-1")

            def handle():
                refusal = wa.webhook_update_validator(raw, post["signature"])
                assert refusal is None, refusal
                answer = wa.webhook_update_handler(raw)
                assert answer[1] == 200, answer

            step("update", handle)
    print(json.dumps(["seen", seen]), flush=True)


{"send": send, "receive": receive}[sys.argv[1]](*sys.argv[2:])
