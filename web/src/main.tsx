import { render } from 'preact'
import './style.css'
import { begin } from './state/app.ts'
import { App } from './ui/app.tsx'

const root = document.querySelector('#app')
if (root) render(<App />, root)
void begin()
