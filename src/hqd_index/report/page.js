'use strict';
const root = document.documentElement;
const toggle = document.getElementById('language');
function speak(language) {
  root.dataset.language = language;
  root.lang = language === 'en' ? 'en' : 'zh-CN';
  document.title = root.dataset[language === 'en' ? 'titleEn' : 'titleZh'];
}
toggle.addEventListener('click', () => speak(root.dataset.language === 'zh' ? 'en' : 'zh'));
toggle.hidden = false;
