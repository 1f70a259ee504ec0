# كلمات الصفحات بالعربية. What each name is for stands in en.ftl. Written from right to left; codes and addresses keep their own direction.

skip = إلى المحتوى
language-label = اللغة
language-button = تغيير
reveal-show = إظهار
reveal-hide = إخفاء
offline = أنت غير متصل بالشبكة. لم يضع شيء: حاول مرة أخرى عند عودة الاتصال.
sign-out = تسجيل الخروج
back-to-security = العودة إلى الأمان
back-to-choice = اختيار طريقة أخرى
copied = تم النسخ
back-to-sign-in = العودة إلى تسجيل الدخول
wait-seconds = { $n ->
    [zero] لا ثوانٍ
    [one] ثانية واحدة
    [two] ثانيتين
    [few] { $n } ثوانٍ
    [many] { $n } ثانية
   *[other] { $n } ثانية
}
wait-minutes = { $n ->
    [zero] لا دقائق
    [one] دقيقة واحدة
    [two] دقيقتين
    [few] { $n } دقائق
    [many] { $n } دقيقة
   *[other] { $n } دقيقة
}
wait-hours = { $n ->
    [zero] لا ساعات
    [one] ساعة واحدة
    [two] ساعتين
    [few] { $n } ساعات
    [many] { $n } ساعة
   *[other] { $n } ساعة
}

field-email = عنوان البريد الإلكتروني
field-password = كلمة المرور
field-new-password = كلمة مرور جديدة
field-new-password-hint = ثمانية أحرف على الأقل. بضع كلمات متتالية يسهل تذكّرها ويصعب تخمينها.
field-code = الرمز
field-recovery-code = رمز الاسترداد
field-current-password = كلمة المرور الحالية
field-new-email = عنوان البريد الجديد
field-phone = رقم الهاتف المحمول
field-phone-hint = مع علامة الزائد ورمز البلد.
field-name = الاسم
field-label = الاسم (اختياري)
field-label-hint = لتمييزه عن غيره، مثل «هاتفي».
field-link = الرابط من البريد
field-link-hint = انسخ الرابط كله وألصقه هنا.

sign-in-title = تسجيل الدخول
sign-in-button = تسجيل الدخول
sign-in-forgot = هل نسيت كلمة المرور؟
sign-in-new = إنشاء حساب

code-title = اكتب الرمز
code-recovery-title = استخدام رمز استرداد
code-recovery-lead = اكتب أحد الرموز التي حفظتها عند تفعيل الدخول بخطوتين. يصلح كل منها مرة واحدة.
code-totp-lead = افتح تطبيق المصادقة واكتب الأرقام الستة التي يعرضها.
code-totp-named-lead = افتح تطبيق المصادقة واكتب الأرقام الستة التي يعرضها باسم { $label }.
code-sms-lead = أرسلنا رسالة نصية فيها رمز إلى
code-sms-unsent = يمكننا إرسال رسالة نصية فيها رمز إلى
code-sms-hint = قد تستغرق دقيقة حتى تصل.
code-email-lead = أرسلنا بريدًا فيه رمز إلى
code-email-unsent = يمكننا إرسال بريد فيه رمز إلى
code-email-hint = قد يستغرق دقيقة حتى يصل. انظر أيضًا في البريد غير المرغوب فيه.
code-undelivered-lead = تعذّر إرسال الرمز. استخدم طريقة أخرى أدناه أو حاول لاحقًا.
code-stage-queued = الرمز في الطريق.
code-stage-delayed = يستغرق الأمر أطول من المعتاد. ما زلنا نحاول.
code-stage-accepted-sms = سُلّم إلى شبكة الهاتف.
code-stage-accepted-email = سُلّم إلى خادم البريد.
code-stage-delivered = وصل الرمز.
code-stage-failed = تعذّر تسليم الرمز إلى
code-delayed-hint = لا حاجة إلى الانتظار: استخدم طريقة أخرى أدناه.
code-failed-hint = استخدم طريقة أخرى أدناه أو اطلب رمزًا آخر.
code-look-again = تحقق مرة أخرى
code-button = متابعة
code-send = إرسال رمز
code-resend = إرسال رمز آخر
code-resend-wait = رمز آخر بعد { $time }
code-remember = تذكّر هذا الجهاز { $days } يومًا
code-remember-hint = لن يُطلب منك رمز هنا. افعل ذلك فقط على جهاز لا يستخدمه غيرك.
code-others = طرق أخرى
code-others-now = هذه الطرق تعمل الآن
code-use-totp = استخدام تطبيق المصادقة
code-use-totp-named = استخدام تطبيق المصادقة ({ $label })
code-use-sms = رسالة نصية إلى
code-use-email = بريد إلى
code-use-recovery = استخدام رمز استرداد
code-start-over = الدخول بحساب آخر

hosted-confirm = يطلب منك { $name } التأكيد
hosted-cancel = إلغاء والعودة إلى { $name }
hosted-back = العودة إلى { $name }
hosted-approved-title = تم
hosted-approved-lead = لقد أثبتّ أنك أنت. تابع إلى { $name }.
hosted-go-on = المتابعة إلى { $name }
hosted-over-title = انتهت هذه الخطوة
hosted-over-lead = استغرقت وقتًا طويلًا، أو اكتملت أو أُلغيت من قبل. عُد إلى { $name } وحاول مرة أخرى.
hosted-failed-title = رموز خاطئة كثيرة
hosted-failed-lead = انتهت هذه الخطوة لأن رموزًا خاطئة كثيرة كُتبت. عُد إلى { $name } وابدأ من جديد.
hosted-gone-title = لا يمكن فتح هذه الصفحة هنا
hosted-gone-lead = إنها تخص متصفحًا آخر، أو انتهى وقتها. عُد إلى حيث أردت تسجيل الدخول وحاول مرة أخرى.
hosted-enroll-title = يلزم إجراء خطوة ثانية
hosted-enroll-lead = يطلب { $name } خطوة ثانية عند تسجيل الدخول، وليست لديك خطوة بعد.

locked-title = تسجيل الدخول متوقف مؤقتًا
locked-lead = هذا يحمي حسابك ممن يجرّب الرموز. إذا لم تكن أنت، فغيّر كلمة مرورك حالما تسجّل الدخول.

sign-up-title = إنشاء حساب
sign-up-button = إنشاء الحساب
sign-up-known = لديّ حساب من قبل
sign-up-sent = أرسلنا إليك رابطًا. افتحه لتأكيد أن العنوان لك.
sign-up-again-title = الحصول على رابط آخر
sign-up-again-lead = إذا كان حسابك ينتظر التأكيد فسنرسل الرابط مرة أخرى.
sign-up-again-button = إرسال الرابط مرة أخرى
sign-up-again-link = إرسال الرابط مرة أخرى
sent-title = انظر في بريدك
sent-hint = قد يستغرق ذلك دقيقة. انظر أيضًا في البريد غير المرغوب فيه.

verify-title = تأكيد عنوانك
verify-lead = بقيت خطوة واحدة: أكّد أن عنوان البريد لك.
verify-button = تأكيد العنوان

forgot-title = هل نسيت كلمة المرور؟
forgot-lead = اكتب عنوانك لنرسل إليك رابطًا تختار به كلمة مرور جديدة.
forgot-button = إرسال الرابط
forgot-sent = إذا كان لهذا العنوان حساب، فإن رابطًا لاختيار كلمة مرور جديدة في الطريق إليه.
forgot-again-link = إرسال رابط آخر
reset-title = اختيار كلمة مرور جديدة
reset-lead = سيُسجَّل خروجك من كل مكان. إذا كان الدخول بخطوتين مفعّلًا فسيُطلب منك رمز كالعادة.
reset-button = حفظ كلمة المرور

unlock-title = فتح حسابك
unlock-lead = لك محاولة أخرى لتسجيل الدخول خلال 15 دقيقة.
unlock-button = فتح

change-email-title = تأكيد عنوانك الجديد
change-email-lead = بعد ذلك تسجّل الدخول بهذا العنوان.
change-email-button = تأكيد العنوان

backup-email-title = تأكيد عنوانك الاحتياطي
backup-email-lead = بعد ذلك تصل إلى هذا العنوان نسخة من كل إشعار أمني. لا يمكن تسجيل الدخول به.
backup-email-button = تأكيد العنوان

security-title = الأمان
glance-on = الدخول بخطوتين مفعّل
glance-on-lead = بعد كلمة المرور يُطلب منك رمز. لا تكفي كلمة مرور مسروقة للدخول.
glance-off = الدخول بخطوتين غير مفعّل
glance-off-lead = لا يحمي هذا الحساب إلا كلمة مرورك. مع خطوة ثانية لا تكفي كلمة مرور مسروقة للدخول.
glance-not-offered = أوقفه القائمون على هذه الخدمة للجميع. يبقى ما أعددته محفوظًا.
factors-title = طرق الحصول على رمز
factor-preferred = يُطلب أولًا
method-totp = تطبيق المصادقة
method-sms = رسالة نصية
method-email = البريد الإلكتروني
added = أُضيف
last-used = آخر استخدام
recovery-title = رموز الاسترداد
recovery-left = { $n ->
    [0] ليس لديك رموز استرداد.
    [one] بقي رمز استرداد واحد.
    [two] بقي رمزا استرداد.
    [few] بقيت { $n } رموز استرداد.
    [many] بقي { $n } رمز استرداد.
   *[other] بقي { $n } رمز استرداد.
}
devices-title = الأجهزة المحفوظة
devices-lead = لا يُطلب منها رمز.
this-device = هذا الجهاز
trusted-until = حتى
sessions-title = أين سجّلت الدخول
this-session = هنا

events-title = النشاط الأخير
events-lead = هل حدث شيء من هذا لم تفعله أنت؟
event-signed-in = تسجيل دخول
event-code-verified = تسجيل دخول برمز
event-code-verified-failed = رمز خاطئ عند الدخول
event-password-checked-failed = كلمة مرور خاطئة عند الدخول
event-stepped-up-failed = رمز أو كلمة مرور خاطئة عند تغيير
event-recovery-code-used = استُخدم رمز استرداد
event-bypass-code-made = سُلّم رمز لمرة واحدة
event-bypass-code-used = استُخدم رمز مكتب المساعدة لمرة واحدة
event-bypass-code-withdrawn = سُحب الرمز لمرة واحدة
event-delivery-hurried = أُعيدت محاولة إرسال الرسائل المنتظرة فورًا
event-account-locked = قُفل بعد رموز خاطئة كثيرة
event-account-unlocked = فُتح
event-factor-added = أُضيفت طريقة للحصول على رمز
event-factor-removed = أُزيلت طريقة للحصول على رمز
event-two-factor-enabled = فُعّل الدخول بخطوتين
event-two-factor-disabled = أُوقف الدخول بخطوتين
event-two-factor-reset = أعاد مسؤول ضبط الدخول بخطوتين
event-reset-requested = طلب مسؤول إعادة ضبط الدخول بخطوتين
event-reset-approved = ووفق على إعادة ضبط الدخول بخطوتين
event-reset-declined = رُفضت إعادة ضبط الدخول بخطوتين
event-reset-withdrawn = سُحب طلب إعادة ضبط الدخول بخطوتين
event-reset-stopped = أُوقفت إعادة ضبط الدخول بخطوتين
event-recovery-codes-made = أُنشئت رموز استرداد جديدة
event-recovery-codes-downloaded = حُفظت رموز الاسترداد في ملف
event-trusted-device-added = حُفظ جهاز
event-trusted-device-revoked = نُسي جهاز
event-trusted-device-stolen = لوحظت نسخة من جهاز محفوظ
event-password-changed = غُيّرت كلمة المرور
event-password-reset = أُعيد ضبط كلمة المرور بالبريد
event-email-change-requested = طُلب عنوان بريد جديد
event-email-changed = غُيّر عنوان البريد
event-backup-email-requested = طُلب عنوان احتياطي
event-backup-email-changed = غُيّر العنوان الاحتياطي
event-backup-email-removed = أُزيل العنوان الاحتياطي
event-session-ended = أُنهيت جلسة
event-refresh-token-reused = لوحظت نسخة من جلسة
event-user-disabled = أوقف مسؤول الحساب
event-user-enabled = شغّل مسؤول الحساب
event-signup-requested = طُلب حساب
event-verification-resent = طُلب رابط التسجيل مجددًا
event-email-verified = أُكّد العنوان
event-user-created = أُنشئ الحساب
event-user-imported = نُقل الحساب من نظام آخر
event-password-checked = كلمة المرور صحيحة
event-challenge-started = طُلب رمز
event-enrollment-started = يجري إعداد طريقة للحصول على رمز
event-enrollment-confirmed = أُدخل رمز للإعداد
event-preferred-factor-changed = طريقة أخرى تُطلب أولًا
event-factor-renamed = أُعيدت تسمية طريقة للحصول على رمز
event-stepped-up = أُثبتت الهوية مجددًا لإجراء تغيير
event-session-refreshed = استمرت جلسة
event-signed-out = خروج
event-sessions-ended = أُنهيت جلسات
event-trust-revoked = نُسيت كل الأجهزة المحفوظة
event-trusted-device-recognized = تُعرّف على جهاز محفوظ
event-trusted-device-rotated = حصل جهاز محفوظ على سر جديد
event-password-reset-requested = طُلب رابط لكلمة مرور جديدة
event-user-deleted = حُذف الحساب
event-code-sent = كان سيُرسل رمز
event-delivery-expired = رسالة أقدم من أن تُرسل
event-message-dropped = أُسقطت رسالة منتظرة
event-clock-skew = كانت ساعة الخادم خاطئة
event-challenge-canceled = كفّ التطبيق عن انتظار رمز
event-application-added = أُضيف تطبيق
event-api-key-added = أُنشئ مفتاح API
event-api-key-revoked = أُبطل مفتاح API
event-admin-key-added = أُنشئ مفتاح للإدارة
event-admin-key-revoked = أُبطل مفتاح للإدارة
event-database-acknowledged = شُغّلت نسخة أقدم من قاعدة البيانات
event-webhook-added = أُضيف خطاف ويب
event-webhook-removed = أُزيل خطاف ويب
event-application-changed = غُيّرت إعدادات تطبيق
event-challenge-opened = فُتحت صفحة الرمز
event-result-redeemed = استلم التطبيق النتيجة
event-settings-link-made = طُلب رابط إلى هذه الصفحة
event-settings-opened = فُتحت هذه الصفحة من التطبيق
event-role-granted = مُنح دور في الإدارة
event-role-revoked = سُحب دور في الإدارة
event-looked = اطّلع على أشخاص في الإدارة
turn-on = تفعيل
turn-off = إيقاف
change = تغيير
change-named = تغيير { $name }
forget = نسيان
forget-named = نسيان { $name }
forget-all = نسيانها كلها
end = إنهاء
end-named = إنهاء جلسة { $name }
end-others = تسجيل الخروج من كل مكان آخر
devices-none = لا يوجد. يُطلب رمز في كل تسجيل دخول.
recovery-few = أنشئ رموزًا جديدة قريبًا.
recovery-make = إنشاء رموز جديدة
account-title = الحساب
security-locked = كتب أحد ما رموزًا خاطئة كثيرة. تُقبل الرموز مرة أخرى بعد { $wait }.

prove-title = أكّد أنك أنت
prove-then-forget = بعد ذلك يُنسى الجهاز.
prove-then-forget-all = بعد ذلك تُنسى كل الأجهزة.
prove-sent = أرسلنا رمزًا إلى
prove-send-lead = اطلب رمزًا واكتبه هنا.
prove-recovery-hint = يصلح رمز استرداد أيضًا.
prove-password-lead = اكتب كلمة مرورك مرة أخرى قبل هذا التغيير.

add-title = إضافة طريقة
add-first-title = تفعيل الدخول بخطوتين
add-lead = كيف تريد الحصول على الرموز؟
add-none = لا يمكن إضافة شيء الآن. اسأل القائمين على هذه الخدمة.
safety-totp = الأكثر أمانًا
safety-sms = أقل أمانًا
safety-email = الأقل أمانًا
choice-totp = يعرض تطبيق في هاتفك الرموز، حتى بلا شبكة.
choice-sms = نرسل الرموز إلى هاتفك.
choice-email = نرسل الرموز إلى عنوان بريد.
add-totp-title = استخدام تطبيق مصادقة
add-totp-lead = تحتاج إلى تطبيق يعرض الرموز، مثل الذي في مدير كلمات المرور أو في متجر تطبيقات هاتفك. افتحه ثم تابع.
add-totp-button = متابعة
add-sms-title = الرموز برسالة نصية
add-sms-lead = نرسل رمزًا إلى هذا الرقم، الآن وعند كل تسجيل دخول.
add-sms-button = إرسال رمز
add-email-title = الرموز بالبريد
add-email-lead = نرسل رمزًا إلى هذا العنوان، الآن وعند كل تسجيل دخول.
add-email-button = إرسال رمز
risk-sms = يمكن اعتراض الرسائل النصية والاستيلاء على أرقام الهاتف.
risk-email = من يقرأ بريدك يستطيع أيضًا تغيير كلمة مرورك، فهذا لا يضيف كثيرًا.
risk-other = التطبيق أكثر أمانًا.
set-up-title = اكتب الرمز
set-up-scan-title = امسح هذه الصورة
set-up-scan-lead = امسحها بتطبيق المصادقة، ثم اكتب الأرقام الستة التي يعرضها.
set-up-qr = رمز QR يضيف هذا الحساب إلى تطبيق المصادقة. المفتاح نفسه مكتوب أدناه.
set-up-cannot-scan = ألا تستطيع مسحها؟
set-up-key-lead = اكتب هذا المفتاح في تطبيقك بدلًا من ذلك. المسافات لا تهم.
set-up-open-app = فتحها في تطبيق على هذا الجهاز
set-up-button = تأكيد
copy-key = نسخ المفتاح

recovery-make-title = إنشاء رموز استرداد جديدة
recovery-make-lead = تحلّ الرموز الجديدة محل القديمة التي لا تعود صالحة.
recovery-make-button = إنشاء رموز جديدة
recovery-new-title = احفظ رموز الاسترداد
recovery-new-lead = إذا فقدت هاتفك فبأحد هذه الرموز تدخل. يصلح كل منها مرة واحدة.
recovery-new-warning = لا تُعرض إلا الآن. احفظها حيث لا يجدها غيرك، وليس في هاتفك فقط.
recovery-saved = لقد حفظتها
copy-codes = نسخ
save-txt = حفظ كنص
save-pdf = حفظ كملف PDF
print = طباعة

remember-title = تذكّر هذا الجهاز
remember-lead = لن يُطلب منك رمز هنا مدة { $days } يومًا. افعل ذلك فقط على جهاز لا يستخدمه غيرك.
remember-button = تذكّره
remember-not-now = ليس الآن

factor-rename = حفظ الاسم
factor-prefer = طلب هذا أولًا
factor-remove-title = إزالته
factor-remove-lead = لن يصلح بعد ذلك لتسجيل الدخول. سيُسجَّل خروجك من كل مكان آخر.
factor-remove-last = هذه طريقتك الوحيدة للحصول على رمز.
factor-remove = إزالة

password-title = تغيير كلمة المرور
password-lead = تبقى مسجّلًا هنا، ويُسجَّل خروجك من كل مكان آخر.
password-button = حفظ كلمة المرور
email-title = تغيير عنوان البريد
email-lead = عنوانك هو
email-hint = نرسل رابطًا إليه. لا يتغيّر شيء قبل أن تفتحه.
email-button = إرسال الرابط

backup-title = العنوان الاحتياطي
backup-lead = تصل نسخة من كل إشعار أمني إلى عنوان ثانٍ، فتعلم بالأمر حتى لو استولى أحد على الأول. لا يمكن تسجيل الدخول به.
backup-current = تصل النسخ إلى
backup-remove = إيقاف إرسال النسخ

off-title = إيقاف الدخول بخطوتين
off-lead = لن يحمي حسابك إلا كلمة مرورك. تُزال طرق الحصول على رمز ورموز الاسترداد والأجهزة المحفوظة.

said-signed-out = تم تسجيل خروجك.
said-session-over = انتهت جلستك. سجّل الدخول مرة أخرى.
said-verified = تم تأكيد عنوانك. يمكنك تسجيل الدخول الآن.
said-password-reset = حُفظت كلمة مرورك الجديدة. سجّل الدخول بها.
said-unlocked = لك محاولة أخرى. سجّل الدخول بكلمة مرورك ورمز.
said-email-changed = تم تأكيد عنوانك الجديد. سجّل الدخول به من الآن.
said-password-changed = غُيّرت كلمة مرورك.
said-email-change-sent = أرسلنا رابطًا إلى العنوان الجديد. افتحه لإتمام التغيير.
said-set-up-over = انتهى وقت هذا الإعداد. ابدأ من جديد.
said-added = تم: يمكنك استخدامه من الآن.
said-renamed = غُيّر الاسم.
said-preferred = سيُطلب منك هذا أولًا.
said-removed = تمت الإزالة.
said-off = أُوقف الدخول بخطوتين.
said-codes-saved = رموز الاسترداد جاهزة. احفظها جيدًا.
said-codes-gone = لا يمكن عرض هذه الرموز بعد الآن. أنشئ رموزًا جديدة إن لم تكن قد حفظتها.
said-forgotten = نُسي الجهاز. سيُطلب رمز في دخوله القادم.
said-all-forgotten = نُسيت كل الأجهزة. سيُطلب رمز في الدخول القادم.
said-ended = أُنهيت الجلسة.
said-others-ended = سُجّل خروجك من كل مكان آخر.
said-remembered = حُفظ هذا الجهاز.
said-notices-copied = تم تأكيد عنوانك الاحتياطي.
said-backup-email-sent = أرسلنا رابطًا إلى العنوان الاحتياطي. افتحه لإتمام ذلك.
said-notices-ended = لم تعد نسخ الإشعارات تُرسل إلى أي مكان.
said-challenge-over = استغرق ذلك وقتًا طويلًا. سجّل الدخول مرة أخرى للحصول على رمز جديد.
said-too-many = رموز خاطئة كثيرة. ابدأ من جديد.
said-start-again = انتهى ذلك الدخول. ابدأ من جديد.

trouble-title = مشكلة:
trouble-label-missing = اكتب اسمًا أولًا.
trouble-phone-malformed = هذا ليس رقم هاتف. مثال: ‎+20 100 123 4567.
trouble-phone-invalid = لا يوجد رقم كهذا. راجع رمز البلد والأرقام.
trouble-phone-short-number = لا يمكننا إرسال رموز إلى الأرقام القصيرة.
trouble-phone-premium-rate = لا يمكننا إرسال رموز إلى أرقام ذات تكلفة إضافية.
trouble-phone-not-of-a-country = لا يمكننا إرسال رموز إلى أرقام من هذا النوع.
trouble-phone-country-not-served = لا يمكننا إرسال رسائل نصية إلى هذا البلد. استخدم تطبيق مصادقة بدلًا من ذلك.
trouble-phone-personal-number = لا يمكننا إرسال رموز إلى أرقام من هذا النوع.
trouble-phone-not-mobile = هذا ليس رقم هاتف محمول. نرسل الرسائل النصية إلى الهواتف المحمولة فقط.
trouble-phone-shared-number = يستخدم هذا الرقم بالفعل أكبر عدد مسموح به من الحسابات. استخدم رقمًا آخر أو تطبيق مصادقة.
trouble-attempts-left = { $n ->
    [0] لم تبق محاولة.
    [one] بقيت محاولة واحدة.
    [two] بقيت محاولتان.
    [few] بقيت { $n } محاولات.
    [many] بقيت { $n } محاولة.
   *[other] بقيت { $n } محاولة.
}
trouble-credentials = عنوان البريد أو كلمة المرور غير صحيح.
trouble-unverified = أكّد عنوانك أولًا: افتح الرابط في البريد الذي أرسلناه إليك.
trouble-email-malformed = هذا ليس عنوان بريد. مثال: name@example.com.
trouble-email-too-long = هذا العنوان أطول من اللازم.
trouble-email-not-ascii = لا نقبل بعد عناوين فيها حروف غير a إلى z.
trouble-email-same-address = هذا هو العنوان الذي تسجّل الدخول به. اختر غيره.
trouble-password-too-short = كلمة المرور قصيرة: تحتاج إلى ثمانية أحرف على الأقل.
trouble-password-too-long = كلمة المرور طويلة: لا تزيد على 1024 حرفًا.
trouble-password-too-common = يستخدم كثيرون كلمة المرور هذه فيسهل تخمينها. اختر غيرها.
trouble-code-missing = اكتب الرمز أولًا.
trouble-code = هذا الرمز غير صحيح.
trouble-code-used = استُخدم هذا الرمز من قبل. انتظر الرمز التالي.
trouble-recovery-used = استُخدم رمز الاسترداد هذا من قبل. خذ رمزًا آخر.
trouble-code-expired = هذا الرمز قديم. استخدم الأحدث أو اطلب رمزًا آخر.
trouble-clock-behind = ساعة هاتفك متأخرة { $skew }. اضبط الوقت تلقائيًا واستخدم الرمز التالي.
trouble-clock-ahead = ساعة هاتفك متقدّمة { $skew }. اضبط الوقت تلقائيًا واستخدم الرمز التالي.
trouble-too-many = كثرت المحاولات الخاطئة. حاول مرة أخرى بعد { $wait }.
trouble-spent = كثرت الرموز الخاطئة. ابدأ من جديد.
trouble-locked = كُتبت رموز خاطئة كثيرة. حاول مرة أخرى بعد { $wait } أو افتح الرابط في البريد الذي أرسلناه إليك.
trouble-stopped = كُتبت رموز خاطئة كثيرة. افتح الرابط في البريد الذي أرسلناه إليك لفتح حسابك.
trouble-cooldown = أُرسل رمز قبل لحظة. يمكنك الحصول على آخر بعد { $wait }.
trouble-send-limit = لا يمكننا إرسال رموز أكثر الآن. يمكنك الحصول على رمز بعد { $wait } أو استخدام طريقة أخرى.
trouble-undeliverable = لا يمكن إرسال الرمز الآن. استخدم طريقة أخرى أو حاول لاحقًا.
trouble-link = لم يعد هذا الرابط صالحًا. استُخدم من قبل أو انتهى وقته.
trouble-step-up = أكّد أولًا أنك أنت.
trouble-already = لا مكان لآخر، أو لديك هذا من قبل.
trouble-no-set-up = انتهى وقت هذا الإعداد. ابدأ من جديد.
trouble-last = هذه طريقتك الوحيدة للحصول على رمز. أوقف الدخول بخطوتين بدلًا من ذلك.
trouble-codes-gone = لا يمكن عرض الرموز بعد الآن. أنشئ رموزًا جديدة.
trouble-off = هذا موقوف هنا.
trouble-busy = لا يمكننا الرد الآن. حاول مرة أخرى بعد لحظة.

problem-missing-title = لا شيء هنا
problem-missing = العنوان خاطئ، أو أن ما كان هنا لم يعد موجودًا.
problem-foreign-title = جاء ذلك من موقع آخر
problem-foreign = حفاظًا على أمانك لا ننفّذ إلا ما تطلبه في صفحاتنا. ارجع وحاول من هنا.
problem-off-title = غير متاح
problem-busy-title = لحظة من فضلك
problem-internal-title = حدث خطأ ما
problem-internal = الخطأ منا لا منك، ولم يتغيّر شيء. حاول مرة أخرى.
problem-request-title = لم ينجح ذلك
problem-request = تعذّرت قراءة النموذج. ارجع وحاول مرة أخرى.
problem-reference = إذا استمر ذلك فأخبر القائمين على هذه الخدمة:
problem-home = متابعة

welcome-title = أهلًا بك
welcome-lead = دُعيت إلى الإدارة. اختر كلمة مرور، ثم تُعِدّ خطوة ثانية للدخول.
said-welcome = حُفظت كلمة مرورك. سجّل الدخول بها ثم أعِدّ خطوة ثانية.
problem-role-title = ليس لدورك
problem-role = يتطلب هذا دورًا آخر. اطلبه ممن يملكه.
admin-title = الإدارة
admin-people-title = الأشخاص
admin-role-viewer = مُطّلع
admin-role-support = دعم
admin-role-administrator = مسؤول
admin-search-label = العنوان أو المعرّف
admin-search-hint = تكفي البداية. ما يسمي به تطبيقٌ مستخدمَه يبدأ بـ id:
admin-looks-hint = كل اطّلاع يُسجَّل.
admin-search-button = بحث
admin-found-title = النتائج
admin-found-none = لم يُعثر على أحد.
admin-more = عرض المزيد
admin-state-disabled = موقوف
admin-state-stopped = متوقف بعد رموز خاطئة
admin-state-locked = مقفل
admin-state-unguarded = بلا خطوة ثانية
admin-state-invited = مدعو، بلا كلمة مرور بعد
admin-state-guarded = محمي بخطوة ثانية
admin-advice-disabled = أوقف مشغّل الخدمة هذا الحساب، فلا يدخل به أحد.
admin-advice-stopped = رموز خاطئة كثيرة متتالية. يبقى كذلك حتى يُفتح. اسأل صاحبه أولًا إن كان هو الفاعل.
admin-advice-locked = رموز خاطئة كثيرة خلال ساعة. يُفتح بعدها من تلقاء نفسه. انظر أدناه من أين جاءت: إن كان صاحبه فالسبب الأكثر شيوعًا ساعة غير مضبوطة.
admin-advice-unguarded = كلمة المرور وحدها تكفي للدخول. ذكّر صاحبه بإعداد خطوة ثانية.
admin-advice-invited = رابط الدعوة هو السبيل الوحيد للدخول.
admin-advice-guarded = كلمة المرور وخطوة ثانية تفتحان الحساب. ما جرى مؤخرًا مذكور أدناه.
admin-factor-title = أولًا خطوة ثانية
admin-factor-lead = لا تُفتح الإدارة إلا لمن يدخل بتطبيق مصادقة أو برسالة نصية. الرمز بالبريد لا يكفي هنا.
admin-factor-button = إعداد
admin-factor-again = أنجزت ذلك
admin-since = منذ
admin-wrong-codes = { $n ->
    [zero] لا رموز خاطئة محسوبة الآن.
    [one] رمز خاطئ واحد محسوب الآن.
    [two] رمزان خاطئان محسوبان الآن.
    [few] { $n } رموز خاطئة محسوبة الآن.
   *[other] { $n } رمزًا خاطئًا محسوبة الآن.
}
admin-usable-title = ما يمكنه استخدامه الآن
admin-no-factors = لا توجد خطوة ثانية.
admin-backup = نسخ الإشعارات تُرسل إلى
admin-story-title = ما الذي جرى
admin-story-empty = لم يحدث شيء بعد.
admin-failed = لم ينجح
admin-by = بواسطة
admin-older = ما قبل ذلك
admin-newest = العودة إلى الأحدث
admin-ids = المعرّفات
admin-rows-title = في القوائم
admin-id-user = الحساب
admin-id-person = في السجل
delivery-queued = وُضعت رسالة في الطريق
delivery-tried = فشلت محاولة تسليم
delivery-put-off = ستُعاد المحاولة
delivery-accepted = سُلّمت إلى الناقل
delivery-sent = خرجت إلى الشبكة
delivery-delivered = وصلت
delivery-failed = لم تصل
admin-state-password-only = بلا خطوة ثانية
admin-advice-password-only = كلمة المرور وحدها تكفي للدخول. ذكّر صاحبه بإعداد خطوة ثانية.
admin-recovery-codes = { $n ->
    [zero] لم يبقَ أي رمز استرداد.
    [one] بقي رمز استرداد واحد.
    [two] بقي رمزا استرداد.
    [few] بقيت { $n } رموز استرداد.
   *[other] بقي { $n } رمز استرداد.
}
admin-sessions-title = أين سُجّل الدخول
admin-locked-until = مقفل حتى
admin-help-title = ما يمكنك فعله
admin-help-lead = يُسجَّل كل إجراء باسمك وسببك، ويُبلَّغ الشخص به.
admin-help-unlock = فتح القفل
admin-help-end-sessions = تسجيل الخروج من كل مكان
admin-help-forget-devices = نسيان الأجهزة
admin-help-withdraw-bypass-code = سحب الرمز لمرة واحدة
admin-help-send-now = إرسال الرسائل المنتظرة الآن
admin-help-cancel-number = إلغاء رقم الهاتف
admin-help-start-over = البدء من جديد
admin-help-about-unlock = يُرفع القفل أو التوقف بعد الرموز الخاطئة، وتعود للشخص كل محاولاته. إن لم يكن هو الفاعل فهي محاولات بقدرها لشخص آخر: اسأل أولًا.
admin-help-about-end-sessions = تنتهي كل الجلسات، ويُطلب رمز من جديد على الأجهزة المحفوظة. تبقى الخطوة الثانية كما هي.
admin-help-about-forget-devices = يُطلب رمز من جديد على الأجهزة المحفوظة. تبقى الجلسات مفتوحة.
admin-help-about-withdraw-bypass-code = الرمز لمرة واحدة الذي سُلّم ولم يُستخدم بعد لم يعد صالحًا.
admin-help-about-send-now = تُعاد فورًا محاولة إرسال الرسائل التي لم تصل بعد إلى هذا الشخص، دون انتظار دورها. لا يُرسل شيء جديد، ولا الرموز المنتهية.
admin-help-about-cancel-number = لا يُرسل أي رمز بعد الآن إلى هاتف هذا الشخص: تُزال الخطوة الثانية برسالة نصية، لأن الهاتف مفقود أو لأن الرقم صار لشخص آخر. يُسجَّل خروجه من كل مكان ويُبلَّغ بالبريد. ويبقى ما أعدّه سوى ذلك.
admin-help-about-start-over = يزيل كل طرق إعطاء الرمز ورموز الاسترداد وكل الجلسات والأجهزة المحفوظة. وتبطل كلمة المرور السابقة أيضًا. يُرسل رابط إلى عنوان الشخص؛ يعمل مرة واحدة لمدة ساعة، ويقود إلى كلمة مرور جديدة وخطوة ثانية جديدة. لا ترى أنت الرابط ولا كلمة المرور. تأكد ممن تتحدث إليه.
admin-help-about-start-over-elsewhere = يزيل كل طرق إعطاء الرمز ورموز الاسترداد وكل الجلسات والأجهزة المحفوظة. يُدخله تطبيقه بكلمة المرور وحدها إلى أن تُعدّ خطوة ثانية جديدة. تأكد ممن تتحدث إليه.
admin-reason = السبب
admin-reason-hint = سطر واحد لسجل التدقيق. لا يراه الشخص.
trouble-reason-missing = اذكر السبب.
trouble-wanted-missing = اكتب من تبحث عنه.
admin-back = العودة إلى الشخص
admin-bypass-title = إعطاء رمز لمرة واحدة
admin-bypass-about = ينشئ رمزًا يحل محل الخطوة الثانية لهذا الشخص في دخول واحد، بعد كلمة مروره. تقرؤه له. لا يعطّل شيئًا، ولا يُحفظ به أي متصفح، والجديد يحل محل القديم. يُبلَّغ الشخص بالبريد. تأكّد ممن تتحدث إليه.
admin-bypass-given = اقرأ هذا الرمز للشخص. يكتبه حيث يُطلب رمز. لن تراه مرة أخرى.
admin-bypass-until = الرمز لمرة واحدة صالح حتى
said-helped-unlock = رُفع القفل.
said-helped-end-sessions = انتهت كل الجلسات.
said-helped-forget-devices = يُطلب رمز من جديد على الأجهزة.
said-helped-withdraw-bypass-code = سُحب الرمز لمرة واحدة.
said-helped-send-now = تُعاد الآن محاولة إرسال الرسائل المنتظرة.
said-helped-cancel-number = أُلغي رقم الهاتف.
said-helped-start-over = أُزيلت الخطوة الثانية.
said-nothing-to-do = لم يكن هناك ما يُفعل.
start-over-title = أعِد إعداد دخولك
start-over-lead = اختر كلمة مرور جديدة. بعد أن تدخل بها تُعدّ خطوة ثانية جديدة.
admin-overview-title = نظرة عامة
admin-overview-span = المدة
admin-overview-day = 24 ساعة
admin-overview-week = 7 أيام
admin-overview-month = 30 يومًا
admin-overview-until = الأرقام حتى
admin-overview-hours = الساعات والأيام بالتوقيت العالمي (UTC)، وتُحسب الساعة بعد انتهائها.
admin-overview-empty-title = لم يُحسب شيء بعد
admin-overview-empty = تأتي الأرقام الأولى بعد دقائق من أول ساعة كاملة فعل فيها أحدٌ شيئًا.
admin-overview-none = لا شيء في هذه المدة.
admin-overview-table = في جدول
admin-overview-sign-ins = عمليات تسجيل الدخول
admin-overview-with-code = بخطوة ثانية
admin-overview-without-code = دون أن تُطلب
admin-overview-codes = الرموز في الخطوة الثانية
admin-overview-right = صحيحة
admin-overview-wrong = خاطئة
admin-overview-locks = الحسابات المقفلة
admin-overview-people = من لديه خطوة ثانية
admin-overview-guarded = بخطوة ثانية
admin-overview-methods = ما استُخدم
admin-overview-applications = الخطوة الثانية بحسب التطبيق
admin-overview-all = الكل
admin-overview-share = النسبة
admin-overview-percent = { $n }٪
admin-overview-number = العدد
admin-overview-failures = ما لم ينجح
admin-overview-providers = الرسائل بحسب المزوّد
admin-overview-accepted = مقبولة
admin-overview-arrived = وصلت
admin-overview-countries = الرسائل النصية بحسب البلد
admin-overview-country = البلد
admin-overview-sent = أُرسلت
admin-overview-typed = أُدخلت
admin-overview-cost = التكلفة
admin-overview-waiting = الرسائل المنتظرة الآن
admin-overview-none-waiting = لا رسائل منتظرة.
admin-overview-oldest = الأقدم منذ
admin-requests-title = الطلبات
admin-requests-lead = طلبات إعادة ضبط تنتظر مسؤولًا آخر أو انقضاء مهلة. يعلم الشخص بكل منها.
admin-requests-empty = لا شيء ينتظر.
admin-request-title = طُلبت إعادة الضبط
admin-request-link = عرض الطلب
admin-request-by = طلبها
admin-request-approved-by = وافق عليها
admin-request-awaits = ينتظر مسؤولًا آخر
admin-request-waits = يمكن تنفيذه ابتداءً من
admin-request-ready = يمكن تنفيذه الآن
admin-request-until = ينتهي في
admin-request-gone = شخص لم يعد موجودًا
admin-request-ask = طلب ذلك
admin-request-approve = موافقة
admin-request-carry-out = تنفيذ الآن
admin-request-close = رفض
admin-request-withdraw = سحب
admin-request-about-ask = لا يُزال شيء بعد: هذا طلب فقط. يُبلَّغ الشخص فورًا ويمكنه إيقافه. يمكن تنفيذه حين يوافق عليه مسؤول آخر، أو حين تنقضي المهلة، أو حين يتحقق الأمران معًا.
admin-request-about-approve = توافق على ما طُلب. لا يُزال بذلك شيء: ما زال يجب تنفيذه. تأكد بنفسك أن الشخص يريد ذلك.
admin-request-about-close = ينتهي الطلب ولا يُزال شيء.
said-reset-asked = طُلبت إعادة الضبط وأُبلغ الشخص.
said-reset-asked-already = طُلب ذلك من قبل.
said-request-approved = ووفق على الطلب.
said-request-closed = انتهى الطلب.
said-reset-stopped = أُوقفت إعادة الضبط. يبقى دخولك كما هو.
problem-second-title = يلزم مسؤول آخر
problem-second = يجب أن يوافق على هذا أولًا شخص غير الذي طلبه.
problem-cooling-off-title = ليس بعد
problem-cooling-off = لم تنقضِ المهلة بعد. تذكر قائمة الطلبات متى تنقضي.
stop-reset-title = إيقاف إعادة الضبط
stop-reset-lead = طلب مسؤول إعادة ضبط دخولك بخطوتين. إن كنت لا تريد ذلك فأوقفها هنا.
stop-reset-button = إيقاف
admin-lists-title = القوائم
admin-audit-title = سجل التدقيق
admin-list-settings = إعدادات الخطوة الثانية
admin-list-factors = العوامل
admin-list-sent-codes = الرموز المرسلة
admin-list-recovery-codes = رموز الاسترداد
admin-list-trusted-devices = الأجهزة المحفوظة
admin-list-sessions = الجلسات
admin-list-outbox = الرسائل
admin-list-applications = التطبيقات
admin-list-newest = الأحدث أولًا
admin-list-of-one = لشخص واحد، الأحدث أولًا
admin-list-empty = لا شيء هنا.
admin-nobody = لا أحد
admin-col-person = الشخص
admin-col-enabled = مفعّل منذ
admin-col-preferred = يُطلب أولًا
admin-col-in-a-row = أخطاء متتالية
admin-col-locked-until = مقفل حتى
admin-col-stopped = موقوف
admin-col-changed = تغيّر
admin-col-method = النوع
admin-col-label = الاسم
admin-col-made = متى
admin-col-last-used = آخر استخدام
admin-col-purpose = الغرض
admin-col-expires = ينتهي
admin-col-used = استُخدم
admin-col-ended = انتهى
admin-col-ip = العنوان
admin-col-revoked = أُلغي
admin-col-why = لماذا
admin-col-kind = بشأن
admin-col-channel = عن طريق
admin-col-destination = يذهب إلى
admin-col-state = الحالة
admin-col-tries = المحاولات
admin-col-provider = المزوّد
admin-col-receipt = أُبلغ
admin-col-trouble = المشكلة
admin-col-settled = أُنجز
admin-col-name = الاسم
admin-col-shown-as = يظهر باسم
admin-col-second-factor = العامل الثاني
admin-col-test-of = عالم اختبار لـ
admin-col-action = الإجراء
admin-col-outcome = النتيجة
admin-col-application = التطبيق
admin-col-actor = بواسطة
admin-col-browser = المتصفح
admin-any = الكل
admin-row-on = مفعّل
admin-row-off = معطّل
admin-row-locked = مقفل
admin-row-stopped = موقوف
admin-row-unused = غير مستخدم
admin-row-used = مستخدم
admin-row-open = مفتوح
admin-row-expired = منتهي الصلاحية
admin-row-ended = منتهٍ
admin-row-revoked = ملغى
admin-row-waiting = قيد الانتظار
admin-row-delivered = تم التسليم
admin-row-failed = فشل
admin-row-live = حقيقي
admin-row-test = اختبار
admin-worked = نجح
admin-narrow = ما الذي تبحث عنه
admin-from = من
admin-to = إلى
admin-audit-days = الأيام
admin-audit-all-days = كل الأيام
admin-go-on = لا شيء بين أحدثها. تابع إلى ما قبلها.
admin-export-title = أخذ نسخة
admin-export-lead = كل ما في هذه الأيام في جدول، أيًا كان ما يُبحث عنه غير ذلك. يُسجَّل أنها أُخذت.
admin-export-button = حفظ كجدول
admin-proof-title = أخذ نسخة مع برهانها
admin-proof-lead = كل ما وُقّع، أيًا كان ما يُبحث عنه أعلاه. يُسجَّل أنها أُخذت.
admin-proof-until = موقَّع حتى
admin-proof-check = بهذا يُثبَت على أي جهاز من دون قاعدة البيانات. اطلب المفتاح ممن يدير هذه الخدمة وقارنه بهذا.
admin-proof-none = لم يُوقَّع شيء بعد. يُوقَّع السجل كل عشر دقائق.
admin-proof-button = حفظ مع البرهان
